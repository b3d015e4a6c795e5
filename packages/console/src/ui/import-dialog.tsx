import { Button, FileInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from './form-dialog.tsx'

interface ImportDialogProps<O> {
  title: string
  /** What the file is to have. */
  about: ReactNode
  send: (file: File, options: { dryRun: boolean }) => Promise<O>
  /** Told of an import that was no dry run. */
  onImported: (outcome: O) => void
  onClose: () => void
  /** What became of the file, or would. */
  children: (outcome: O, file: File) => ReactNode
}

/** Imports a file of lines; "Check only" says first what would happen. */
export function ImportDialog<O extends { dryRun?: boolean }>(props: ImportDialogProps<O>) {
  const { title, about, send, onImported, onClose, children } = props
  const [file, setFile] = useState<File | null>(null)
  const [outcome, setOutcome] = useState<O>()
  const form = useSubmission({
    work: (_, { rows, dryRun }: { rows: File; dryRun: boolean }) => send(rows, { dryRun }),
    onDone: (answer) => {
      setOutcome(answer)
      if (!answer.dryRun) onImported(answer)
    },
  })
  const submit = (dryRun: boolean) => {
    setOutcome(undefined)
    if (file) form.submit({ rows: file, dryRun })
  }
  return (
    <FormDialog
      title={title}
      size="lg"
      form={form}
      action="Import"
      cancel={outcome && !outcome.dryRun ? 'Close' : 'Cancel'}
      isReady={file !== null}
      aside={
        <Button variant="subtle" disabled={!file || form.isPending} onClick={() => submit(true)}>
          Check only
        </Button>
      }
      onSubmit={() => submit(false)}
      onClose={onClose}
    >
      {about}
      <FileInput
        label="File"
        placeholder="Choose a file"
        accept=".csv,.tsv,.txt,.ndjson,.jsonl,.gz,text/csv"
        value={file}
        onChange={(next) => {
          setOutcome(undefined)
          setFile(next)
        }}
      />
      {outcome && file && children(outcome, file)}
    </FormDialog>
  )
}
