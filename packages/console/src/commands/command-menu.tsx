import { Button, Menu } from '@mantine/core'
import { type NotificationType, scopeOf } from '@mason/contract/notification'
import { ChevronDown, SquareTerminal } from 'lucide-react'
import { Fragment } from 'react'
import { useCan } from '../session/session.ts'
import { commandKinds, isDestructive } from './catalog.ts'

interface CommandMenuProps {
  onChoose: (type: NotificationType) => void
  isPrimary?: boolean
}

/** The commands that whoever is signed in may send; nothing where it may send none. */
export function CommandMenu({ onChoose, isPrimary = false }: CommandMenuProps) {
  const can = useCan()
  const kinds = commandKinds.filter(({ type }) => can(scopeOf(type)))
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
        {kinds.map(({ type, label, icon: Icon }, index) => (
          <Fragment key={type}>
            {index === firstDestructive && index > 0 && <Menu.Divider />}
            <Menu.Item
              leftSection={<Icon size={15} />}
              {...(isDestructive(type) && { c: 'var(--bad)' })}
              onClick={() => onChoose(type)}
            >
              {label}
            </Menu.Item>
          </Fragment>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
