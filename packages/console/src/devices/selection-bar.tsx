import { Button, CloseButton, Menu } from '@mantine/core'
import type { NotificationType } from '@mason/contract/notification'
import type { Target } from '@mason/contract/target'
import { useNavigate } from '@tanstack/react-router'
import { ChevronDown, FolderInput, NotebookPen, Tag } from 'lucide-react'
import { useState } from 'react'
import { CommandDialog } from '../commands/command-dialog.tsx'
import { CommandMenu } from '../commands/command-menu.tsx'
import { announceSent } from '../commands/sent.tsx'
import { useCan } from '../session/session.ts'
import { counted } from '../ui/numbers.ts'
import { LabelsDialog, ManyNotesDialog } from './annotate-dialogs.tsx'
import classes from './devices-page.module.css'
import { MoveManyDialog } from './move-dialog.tsx'

interface SelectionBarProps {
  target: Target
  /** How many are chosen; nothing while that is counted. */
  size: number | undefined
  /** What they have in common, where all that match are chosen. */
  words: string
  /** Where all that match can be chosen: how many they are, and how. */
  matching?: { count: number } | undefined
  onChooseMatching?: () => void
  onClear: () => void
}

type Open = 'move' | 'labels' | 'notes' | { command: NotificationType }

/** What can be done with the chosen devices. */
export function SelectionBar({ target, size, words, matching, onChooseMatching, onClear }: SelectionBarProps) {
  const can = useCan()
  const navigate = useNavigate()
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const end = () => {
    close()
    onClear()
  }
  const name = size === undefined ? 'all matching devices' : counted(size, 'device')
  const dialog = { target, targetName: name, onClose: close }
  return (
    <section className={classes.selection} aria-label="Selection">
      <span role="status">
        <b>{size === undefined ? 'All matching devices' : counted(size, 'device')}</b> selected{words && `: ${words}`}
      </span>
      {onChooseMatching && (
        <Button size="compact-sm" variant="subtle" onClick={onChooseMatching}>
          {matching ? `Select all ${counted(matching.count, 'matching device')}` : 'Select all matching devices'}
        </Button>
      )}
      <span className={classes.spacer} />
      <CommandMenu onChoose={(command) => setOpen({ command })} isPrimary />
      {can('fleet:move') && (
        <Button variant="default" leftSection={<FolderInput size={16} />} onClick={() => setOpen('move')}>
          Move
        </Button>
      )}
      {can('fleet:manager') && (
        <Menu>
          <Menu.Target>
            <Button variant="default" rightSection={<ChevronDown size={15} />}>
              Change
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<Tag size={15} />} onClick={() => setOpen('labels')}>
              Labels
            </Menu.Item>
            <Menu.Item leftSection={<NotebookPen size={15} />} onClick={() => setOpen('notes')}>
              Notes
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <CloseButton aria-label="Clear selection" onClick={onClear} />
      {typeof open === 'object' && (
        <CommandDialog
          type={open.command}
          {...dialog}
          onSent={(sent) => {
            end()
            announceSent(open.command, sent, navigate)
          }}
        />
      )}
      {open === 'move' && <MoveManyDialog {...dialog} onMoved={end} />}
      {open === 'labels' && <LabelsDialog {...dialog} onStarted={end} />}
      {open === 'notes' && <ManyNotesDialog {...dialog} onStarted={end} />}
    </section>
  )
}
