import { Button, CloseButton } from '@mantine/core'
import type { NotificationType } from '@mason/contract/notification'
import { useNavigate } from '@tanstack/react-router'
import { FolderInput } from 'lucide-react'
import { useState } from 'react'
import { CommandDialog } from '../commands/command-dialog.tsx'
import { CommandMenu } from '../commands/command-menu.tsx'
import { announceSent } from '../commands/sent.tsx'
import { useCan } from '../session/session.ts'
import { counted } from '../ui/numbers.ts'
import classes from './devices-page.module.css'
import { MoveDialog } from './move-dialog.tsx'
import type { useSelection } from './selection.ts'

interface SelectionBarProps {
  selection: ReturnType<typeof useSelection>
  hasMore: boolean
  loaded: number
}

/** What can be done with the chosen devices. */
export function SelectionBar({ selection, hasMore, loaded }: SelectionBarProps) {
  const can = useCan()
  const navigate = useNavigate()
  const [command, setCommand] = useState<NotificationType>()
  const [isMoving, setIsMoving] = useState(false)
  const { target, size, chooseMatching, clear } = selection
  const name = size === undefined ? 'all matching devices' : counted(size, 'device')
  return (
    <section className={classes.selection} aria-label="Selection">
      <span role="status">
        <b>{size === undefined ? 'All matching devices' : counted(size, 'device')}</b> selected
      </span>
      {size !== undefined && hasMore && size === loaded && (
        <Button size="compact-sm" variant="subtle" onClick={chooseMatching}>
          Select all matching devices, not only the loaded ones
        </Button>
      )}
      <span className={classes.spacer} />
      <CommandMenu onChoose={setCommand} isPrimary />
      {can('fleet:move') && (
        <Button variant="default" leftSection={<FolderInput size={16} />} onClick={() => setIsMoving(true)}>
          Move
        </Button>
      )}
      <CloseButton aria-label="Clear selection" onClick={clear} />
      {command && (
        <CommandDialog
          type={command}
          target={target}
          targetName={name}
          onClose={() => setCommand(undefined)}
          onSent={(sent) => {
            setCommand(undefined)
            clear()
            announceSent(command, sent, navigate)
          }}
        />
      )}
      {isMoving && (
        <MoveDialog
          target={target}
          targetName={name}
          onClose={() => setIsMoving(false)}
          onMoved={() => {
            setIsMoving(false)
            clear()
          }}
        />
      )}
    </section>
  )
}
