import type { User } from '@mason/contract/user'
import { CopyLine } from '../ui/copy.tsx'
import { ShownOnce } from '../ui/shown-once.tsx'

/** The link of an invitation or a new password, the one time that it is shown: this server sends no mail. */
export function LinkDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const warning = `This server does not send e-mail. Send the link to ${user.name ?? user.email} yourself. It works once and is not shown again.`
  return (
    <ShownOnce title="Share this link" warning={warning} onClose={onClose}>
      <CopyLine text={user.link ?? ''} label="link" isWrapped />
    </ShownOnce>
  )
}
