import { deleteUser, type User, type UserChange, updateUser } from '@mason/contract/user'
import { useQueryClient } from '@tanstack/react-query'
import { one } from '../api/client.ts'
import type { Send } from '../api/submission.ts'
import { Confirm } from '../ui/confirm.tsx'

export type UserVerb = 'reset' | 'totp' | 'disable' | 'enable' | 'remove' | 'erase'

interface Question {
  title: (who: string) => string
  action: string
  effect: string
  change?: UserChange
  isDangerous: boolean
}

const questions: Record<UserVerb, Question> = {
  reset: {
    title: (who) => `Send ${who} a link to choose a password?`,
    action: 'Create link',
    effect: 'All their sessions end, and the old password stops working.',
    change: { reset: ['password'] },
    isDangerous: false,
  },
  totp: {
    title: (who) => `Remove the second factor of ${who}?`,
    action: 'Remove second factor',
    effect:
      'For someone who has lost their phone. Until they set up a new one, the password alone is enough to sign in.',
    change: { reset: ['totp'] },
    isDangerous: true,
  },
  disable: {
    title: (who) => `Disable ${who}?`,
    action: 'Disable',
    effect: 'They can no longer sign in, and their sessions end within a second. Nothing is deleted.',
    change: { disabled: true },
    isDangerous: true,
  },
  enable: {
    title: (who) => `Enable ${who} again?`,
    action: 'Enable',
    effect: 'They can sign in again, with the same scopes.',
    change: { disabled: false },
    isDangerous: false,
  },
  remove: {
    title: (who) => `Remove ${who}?`,
    action: 'Remove',
    effect: 'Their sessions end within a second. To return, they must be invited again.',
    isDangerous: true,
  },
  erase: {
    title: (who) => `Erase all data of ${who}?`,
    action: 'Erase',
    effect:
      'They are removed, and their name, e-mail address and sessions are erased, also from what they did in the past. Nothing brings them back.',
    isDangerous: true,
  },
}

interface UserConfirmProps {
  user: User
  verb: UserVerb
  /** Called with the user as it is then; with nothing when it was removed. */
  onDone: (user: User | undefined) => void
  onClose: () => void
}

/** Asks before a user is changed, and does it. */
export function UserConfirm({ user, verb, onDone, onClose }: UserConfirmProps) {
  const queryClient = useQueryClient()
  const { title, action, effect, change, isDangerous } = questions[verb]
  const confirm = async (send: Send) => {
    if (change) onDone(one(await send(updateUser, { id: user.id, body: change })))
    else await send(deleteUser, { id: user.id, ...(verb === 'erase' && { erase: true }) })
    await queryClient.invalidateQueries({ queryKey: ['listUsers'] })
  }
  return (
    <Confirm
      title={title(user.name ?? user.email)}
      action={action}
      isDangerous={isDangerous}
      {...(verb === 'erase' && { word: user.email })}
      onConfirm={confirm}
      onClose={onClose}
    >
      {effect}
    </Confirm>
  )
}
