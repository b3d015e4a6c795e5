import { Button, Menu, Text } from '@mantine/core'
import { cannotBeTold } from '@mason/contract/ability'
import type { DeviceKind } from '@mason/contract/device-kind'
import { type NotificationType, scopeOf } from '@mason/contract/notification'
import { ChevronDown, SquareTerminal } from 'lucide-react'
import { Fragment } from 'react'
import { useCan } from '../session/session.ts'
import { commandKinds, isDestructive } from './catalog.ts'

interface CommandMenuProps {
  onChoose: (type: NotificationType) => void
  isPrimary?: boolean
  /** What kind of device it is for; what the kind cannot do is not offered, and says why. */
  of?: DeviceKind
}

/** The commands that whoever is signed in may send; nothing where it may send none. */
export function CommandMenu({ onChoose, isPrimary = false, of }: CommandMenuProps) {
  const can = useCan()
  const kinds = commandKinds
    .filter(({ type }) => can(scopeOf(type)))
    .map((kind) => ({ ...kind, why: of && cannotBeTold(of, kind.type) }))
  if (kinds.length === 0) return undefined
  const firstDestructive = kinds.findIndex(({ type }) => isDestructive(type))
  return (
    <Menu width={210}>
      <Menu.Target>
        <Button
          size="sm"
          variant={isPrimary ? 'filled' : 'default'}
          leftSection={<SquareTerminal size={16} />}
          rightSection={<ChevronDown size={15} />}
        >
          Command
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kinds.map(({ type, label, icon: Icon, why }, index) => (
          <Fragment key={type}>
            {index === firstDestructive && index > 0 && <Menu.Divider />}
            <Menu.Item
              leftSection={<Icon size={15} />}
              {...(isDestructive(type) && why === undefined && { c: 'var(--bad)' })}
              disabled={why !== undefined}
              onClick={() => onChoose(type)}
            >
              {label}
              {why !== undefined && (
                <Text component="span" display="block" size="xs">
                  {why}
                </Text>
              )}
            </Menu.Item>
          </Fragment>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
