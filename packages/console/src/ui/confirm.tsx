import { Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { type Send, useSubmission } from '../api/submission.ts'
import { FormDialog } from './form-dialog.tsx'

interface ConfirmProps {
  title: string
  children: ReactNode
  /** What the button says. */
  action: string
  /** What the other button says, where “Cancel” could mean either. */
  cancel?: string
  /** A word that must be typed first. */
  word?: string
  isDangerous?: boolean
  onConfirm: (send: Send) => Promise<unknown>
  onClose: () => void
}

/** Asks before something that cannot be undone; stays open when it fails, and says why. */
export function Confirm({ title, children, action, cancel, word, isDangerous = true, ...on }: ConfirmProps) {
  const [typed, setTyped] = useState('')
  const form = useSubmission({ work: on.onConfirm, onDone: on.onClose })
  return (
    <FormDialog
      title={title}
      form={form}
      action={action}
      {...(cancel && { cancel })}
      isReady={word === undefined || typed.trim() === word}
      isDangerous={isDangerous}
      onSubmit={form.submit}
      onClose={on.onClose}
    >
      <Text size="sm" component="div">
        {children}
      </Text>
      {word !== undefined && <ConfirmWord word={word} value={typed} onChange={setTyped} />}
    </FormDialog>
  )
}

/** The field for a word that is typed before something cannot be taken back. */
export function ConfirmWord({
  word,
  value,
  onChange,
}: {
  word: string
  value: string
  onChange: (value: string) => void
}) {
  return (
    <TextInput
      label={
        <>
          Type <b style={{ overflowWrap: 'anywhere' }}>{word}</b> to confirm
        </>
      }
      autoComplete="off"
      data-autofocus
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
