import { Button } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Send } from '../api/submission.ts'
import { Confirm } from './confirm.tsx'

interface CancelButtonProps {
  label: string
  /** What is canceled, where the button is in a row of a list. */
  of?: string | undefined
  title: string
  /** What the button of the dialog says. */
  action: string
  cancel: (send: Send) => Promise<unknown>
  /** The reads that show it. */
  renews: readonly string[]
  /** What becomes of what was done. */
  children: ReactNode
}

/** Cancels what goes on in the background, after a confirmation. */
export function CancelButton({ label, of, title, action, cancel, renews, children }: CancelButtonProps) {
  const queryClient = useQueryClient()
  const [isAsking, setIsAsking] = useState(false)
  const renew = () => {
    for (const name of renews) void queryClient.invalidateQueries({ queryKey: [name] })
  }
  return (
    <>
      <Button
        variant="default"
        {...(of !== undefined && { size: 'xs', 'aria-label': `${label} ${of}` })}
        onClick={() => setIsAsking(true)}
      >
        {label}
      </Button>
      {isAsking && (
        <Confirm
          title={title}
          action={action}
          cancel="Back"
          onConfirm={(send) => cancel(send).finally(renew)}
          onClose={() => setIsAsking(false)}
        >
          {children}
        </Confirm>
      )}
    </>
  )
}
