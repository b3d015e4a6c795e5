import { Alert, Textarea } from '@mantine/core'
import { lookUpDevices, maxIdentifiers } from '@mason/contract/lookup'
import { useState } from 'react'
import { type Send, useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { counted } from '../ui/numbers.ts'

interface PasteDialogProps {
  onChoose: (ids: string[]) => void
  onClose: () => void
}

interface Outcome {
  ids: string[]
  /** What is no device, or several. */
  missing: string[]
}

/** So many that were not found are named. */
const named = 20

/** Chooses the devices of a list that somebody pastes, such as serial numbers from a mail. */
export function PasteDialog({ onChoose, onClose }: PasteDialogProps) {
  const [text, setText] = useState('')
  const [outcome, setOutcome] = useState<Outcome>()
  const identifiers = identifiersIn(text)
  const form = useSubmission({
    work: (send) => lookUp(send, identifiers),
    onDone: (found) => {
      if (found.missing.length > 0) setOutcome(found)
      else onChoose(found.ids)
    },
  })
  const ready = outcome !== undefined && outcome.ids.length > 0
  return (
    <FormDialog
      title="Paste a list"
      form={form}
      action={ready ? `Select the other ${counted(outcome.ids.length, 'device')}` : 'Select'}
      isReady={identifiers.length > 0 && (outcome === undefined || ready)}
      onSubmit={() => (ready ? onChoose(outcome.ids) : form.submit())}
      onClose={onClose}
    >
      <Textarea
        label="Serial numbers, IMEIs, ICCIDs, ids or names"
        description="One in each line, or with commas, semicolons or tabs between them."
        data-autofocus
        autosize
        minRows={6}
        maxRows={14}
        value={text}
        error={form.faults.at('identifiers')}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setOutcome(undefined)
        }}
      />
      {outcome && (
        <Alert color="yellow" role="alert">
          {counted(outcome.missing.length, 'entry', 'entries')} without a device of its own:{' '}
          {outcome.missing.slice(0, named).join(', ')}
          {outcome.missing.length > named && ' …'}
        </Alert>
      )}
    </FormDialog>
  )
}

const identifiersIn = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\n\r\t,;]+/)
      .map((part) => part.trim().slice(0, 200))
      .filter((part) => part !== ''),
  ),
]

async function lookUp(send: Send, identifiers: readonly string[]): Promise<Outcome> {
  const ids = new Set<string>()
  const missing: string[] = []
  for (let start = 0; start < identifiers.length; start += maxIdentifiers) {
    const part = identifiers.slice(start, start + maxIdentifiers)
    const { data } = await send(lookUpDevices, { identifiers: part })
    for (const { identifier, device } of data)
      if (device) ids.add(device.id)
      else missing.push(identifier)
  }
  return { ids: [...ids], missing }
}
