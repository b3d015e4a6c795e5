import { Alert, Button, Group, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { Dialog } from './dialog.tsx'

interface ShownOnceProps {
  title: string
  warning: ReactNode
  onClose: () => void
  children: ReactNode
}

/** Something secret, the one time that it is shown: nothing closes it but the button that says it was copied. */
export function ShownOnce({ title, warning, onClose, children }: ShownOnceProps) {
  return (
    <Dialog title={title} size="lg">
      <Stack gap="md">
        <Alert color="yellow">{warning}</Alert>
        {children}
        <Group justify="flex-end">
          <Button onClick={onClose}>I have copied it</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
