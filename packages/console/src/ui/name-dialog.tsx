import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { type Send, useSubmission } from '../api/submission.ts'
import { FormDialog } from './form-dialog.tsx'

interface NameDialogProps<A> {
  title: string
  /** What the button says. */
  action: string
  /** The name that it has. */
  name?: string
  maxLength: number
  work: (send: Send, name: string) => Promise<A>
  onDone: (answer: A, name: string) => void
  onClose: () => void
  /** What else is chosen. */
  children?: ReactNode
}

/** Gives something a name. */
export function NameDialog<A>(props: NameDialogProps<A>) {
  const { title, action, maxLength, work, onDone, onClose, children } = props
  const [typed, setTyped] = useState(props.name ?? '')
  const name = typed.trim()
  const form = useSubmission({
    work: (send) => work(send, name),
    onDone: (answer) => {
      onDone(answer, name)
      onClose()
    },
  })
  return (
    <FormDialog
      title={title}
      form={form}
      action={action}
      isReady={name !== ''}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        data-autofocus
        maxLength={maxLength}
        value={typed}
        error={form.faults.at('name')}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      {children}
    </FormDialog>
  )
}
