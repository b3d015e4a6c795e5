import { ActionIcon, Menu } from '@mantine/core'
import { type Device, deleteDevice } from '@mason/contract/device'
import type { NotificationType } from '@mason/contract/notification'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Ellipsis, FolderInput, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Send } from '../api/submission.ts'
import { CommandDialog } from '../commands/command-dialog.tsx'
import { CommandMenu } from '../commands/command-menu.tsx'
import { announceSent } from '../commands/sent.tsx'
import { MoveDialog } from '../devices/move-dialog.tsx'
import { useCan } from '../session/session.ts'
import { Confirm } from '../ui/confirm.tsx'
import { notify } from '../ui/notify.tsx'
import { RenameDialog } from './rename-dialog.tsx'

type Open = 'rename' | 'move' | 'delete' | { command: NotificationType }

/** What whoever is signed in may do with a device. */
export function DeviceActions({ device }: { device: Device }) {
  const can = useCan()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const remove = async (send: Send) => {
    await send(deleteDevice, { id: device.id })
    void notify({ message: `${device.name} was removed from your fleet.` })
    await navigate({ to: '/devices' })
    void queryClient.invalidateQueries({ queryKey: ['deviceRows'] })
  }
  const more = [
    can('fleet:manager') && { label: 'Rename', icon: Pencil, open: 'rename' as const },
    can('fleet:move') && { label: 'Move to group', icon: FolderInput, open: 'move' as const },
    can('fleet:admin') && { label: 'De-provision', icon: Trash2, open: 'delete' as const },
  ].filter((item) => item !== false)
  return (
    <>
      <CommandMenu isPrimary onChoose={(command) => setOpen({ command })} />
      {more.length > 0 && (
        <Menu width={190}>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="More actions">
              <Ellipsis size={17} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {more.map(({ label, icon: Icon, open: target }) => (
              <Menu.Item
                key={label}
                leftSection={<Icon size={15} />}
                {...(target === 'delete' && { c: 'var(--bad)' })}
                onClick={() => setOpen(target)}
              >
                {label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {open === 'rename' && <RenameDialog device={device} onClose={close} />}
      {open === 'move' && (
        <MoveDialog target={{ devices: [device.id] }} targetName={device.name} onMoved={close} onClose={close} />
      )}
      {open === 'delete' && (
        <Confirm
          title={`De-provision ${device.name}?`}
          action="De-provision"
          word={device.name}
          onConfirm={remove}
          onClose={close}
        >
          The device is removed from your fleet, and its credential stops working at once. Nothing on it is erased. To
          return, it must enroll again.
        </Confirm>
      )}
      {typeof open === 'object' && (
        <CommandDialog
          type={open.command}
          target={{ devices: [device.id] }}
          targetName={device.name}
          onClose={close}
          onSent={(sent) => {
            close()
            announceSent(open.command, sent, navigate)
            void queryClient.invalidateQueries({ queryKey: ['listNotifications'] })
          }}
        />
      )}
    </>
  )
}
