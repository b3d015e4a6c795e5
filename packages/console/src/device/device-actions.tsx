import { Menu } from '@mantine/core'
import { type Device, deleteDevice } from '@mason/contract/device'
import type { NotificationType } from '@mason/contract/notification'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Download, Eraser, FolderInput, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Send } from '../api/submission.ts'
import { CommandDialog } from '../commands/command-dialog.tsx'
import { CommandMenu } from '../commands/command-menu.tsx'
import { announceSent } from '../commands/sent.tsx'
import { MoveDialog } from '../devices/move-dialog.tsx'
import { useCan } from '../session/session.ts'
import { Confirm } from '../ui/confirm.tsx'
import { download } from '../ui/download.ts'
import { MoreActions } from '../ui/more-actions.tsx'
import { notify } from '../ui/notify.tsx'
import { RenameDialog } from './rename-dialog.tsx'

type Open = 'rename' | 'move' | 'delete' | 'erase' | { command: NotificationType }

/** What whoever is signed in may do with a device. */
export function DeviceActions({ device }: { device: Device }) {
  const can = useCan()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const remove = (erase: boolean) => async (send: Send) => {
    await send(deleteDevice, { id: device.id, ...(erase && { erase }) })
    void notify({ message: `${device.name} was removed from your fleet${erase ? ', and its data are erased' : ''}.` })
    await navigate({ to: '/devices' })
    void queryClient.invalidateQueries({ queryKey: ['deviceRows'] })
  }
  const more = [
    can('fleet:manager') && { label: 'Rename', icon: Pencil, open: 'rename' as const },
    can('fleet:move') && { label: 'Move to group', icon: FolderInput, open: 'move' as const },
    can('fleet:admin') && { label: 'De-provision', icon: Trash2, open: 'delete' as const },
    can('account:owner') && { label: 'Erase all data', icon: Eraser, open: 'erase' as const },
  ].filter((item) => item !== false)
  return (
    <>
      <CommandMenu isPrimary of={device.kind} onChoose={(command) => setOpen({ command })} />
      {more.length > 0 && (
        <MoreActions width={190}>
          {more.map(({ label, icon: Icon, open: target }) => (
            <Menu.Item
              key={label}
              leftSection={<Icon size={15} />}
              {...((target === 'delete' || target === 'erase') && { c: 'var(--bad)' })}
              onClick={() => setOpen(target)}
            >
              {label}
            </Menu.Item>
          ))}
          {can('account:owner') && (
            <Menu.Item
              leftSection={<Download size={15} />}
              onClick={() => download(`/v1/default/device/${device.id}/data`)}
            >
              Download all data
            </Menu.Item>
          )}
        </MoreActions>
      )}
      {open === 'rename' && <RenameDialog device={device} onClose={close} />}
      {open === 'move' && <MoveDialog id={device.id} targetName={device.name} onMoved={close} onClose={close} />}
      {open === 'delete' && (
        <Confirm
          title={`De-provision ${device.name}?`}
          action="De-provision"
          word={device.name}
          onConfirm={remove(false)}
          onClose={close}
        >
          The device is removed from your fleet, and its credential stops working at once. Nothing on it is erased. To
          return, it must enroll again.
        </Confirm>
      )}
      {open === 'erase' && (
        <Confirm
          title={`Erase all data of ${device.name}?`}
          action="Erase"
          word={device.name}
          onConfirm={remove(true)}
          onClose={close}
        >
          The device is removed from your fleet. Its events, commands, locations and counted usage are erased, and who
          it was can no longer be told from the audit trail. Nothing brings them back.
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
