import { endXraySession } from '@mason/contract/xray'
import type { ReactNode } from 'react'
import { ActionButton } from '../ui/action-button.tsx'

/** Ends a session that may be somebody else's. */
export function EndSession({ id, children }: { id: string; children: ReactNode }) {
  return (
    <ActionButton
      size="xs"
      variant="default"
      work={(send) => send(endXraySession, { id })}
      failure="Session not ended"
      renews={['listXraySessions']}
    >
      {children}
    </ActionButton>
  )
}
