import { Alert } from '@mantine/core'
import type { Submission } from '../api/submission.ts'

/** Says what was wrong with a form and is told at none of its fields. */
export function FormAlert({ form, title }: { form: Pick<Submission, 'faults'>; title?: string }) {
  const others = form.faults.others()
  if (others.length === 0) return undefined
  return (
    <Alert color="red" role="alert" title={title} ref={scrollTo}>
      {others.map((text) => (
        <div key={text}>{text}</div>
      ))}
    </Alert>
  )
}

/** Brings what is said in a long form before the reader's eyes. */
export const scrollTo = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' })
