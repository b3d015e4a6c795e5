import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { type FormEvent, type MouseEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import type { Submission } from '../api/submission.ts'
import { Dialog } from './dialog.tsx'
import { FormAlert, scrollTo } from './form-alert.tsx'
import { useUnsaved } from './unsaved.ts'

interface FormDialogProps {
  title: ReactNode
  size?: 'md' | 'lg'
  form: Pick<Submission, 'isPending' | 'error' | 'faults'>
  /** What the button says. */
  action: ReactNode
  /** Whether there is enough to send. */
  isReady?: boolean
  isDangerous?: boolean
  /** What the button says that closes it. */
  cancel?: string
  failure?: string
  /** A button on the other side. */
  aside?: ReactNode
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}

/** A form in a window. It says what fails, and keeps what was typed until that is saved or thrown away on purpose. */
export function FormDialog({ form, onSubmit, onClose, isReady = true, children, ...looks }: FormDialogProps) {
  const [isAsking, setIsAsking] = useState(false)
  const { isTouched, touch } = useUnsaved()
  const dismiss = () => {
    if (isTouched) setIsAsking(true)
    else if (!form.isPending) onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setIsAsking(false)
    if (isReady) onSubmit()
  }
  const onClick = ({ target }: MouseEvent) => {
    if (target instanceof Element && target.closest('[role=option]')) touch()
  }
  const fields = useFocusOnFault(form.error)
  return (
    <Dialog title={looks.title} size={looks.size ?? 'md'} onDismiss={dismiss} onClose={onClose}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: an option that the keyboard chooses is clicked as well */}
      <form ref={fields} onSubmit={submit} onInput={touch} onClick={onClick} noValidate>
        <Stack gap="md">
          {children}
          <FormAlert form={form} {...(looks.failure && { title: looks.failure })} />
          {isAsking && <Discard onDiscard={onClose} onKeep={() => setIsAsking(false)} />}
          <Group justify="space-between" gap="xs">
            {looks.aside ?? <span />}
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                {looks.cancel ?? 'Cancel'}
              </Button>
              <Button
                type="submit"
                {...(looks.isDangerous && { color: 'red' })}
                disabled={!isReady}
                loading={form.isPending}
              >
                {looks.action}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

function Discard({ onDiscard, onKeep }: { onDiscard: () => void; onKeep: () => void }) {
  return (
    <Alert color="yellow" role="alert" ref={scrollTo}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          You have unsaved changes
        </Text>
        <Button size="xs" variant="default" onClick={onKeep}>
          Keep editing
        </Button>
        <Button size="xs" variant="subtle" color="red" onClick={onDiscard}>
          Discard
        </Button>
      </Group>
    </Alert>
  )
}

/** Leads to the first field that was refused. */
function useFocusOnFault(error: unknown) {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [error])
  return form
}
