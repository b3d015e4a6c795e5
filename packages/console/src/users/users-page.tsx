import { ActionIcon, Button, Menu } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { grants } from '@mason/contract/scopes'
import { listUsers, presetOf, type User } from '@mason/contract/user'
import { Ellipsis, UserPlus, UsersRound } from 'lucide-react'
import { useState } from 'react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { restrictionText } from '../groups/restricted.ts'
import { useCan, useSession } from '../session/session.ts'
import { download } from '../ui/download.ts'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { LinkDialog } from './link-dialog.tsx'
import { ScopesDialog } from './scopes-dialog.tsx'
import { UserConfirm, type UserVerb } from './user-confirm.tsx'

const tones: Record<User['state'], Tone> = { invited: 'accent', active: 'good', disabled: 'idle' }

/** Who may sign in, and what each may do. */
export function UsersPage() {
  const can = useCan()
  const session = useSession()
  const [isInviting, inviting] = useDisclosure(false)
  const [open, setOpen] = useState<{ user: User; verb: UserVerb | 'scopes' }>()
  const [link, setLink] = useState<User>()
  const list = useNewestFirst(listUsers, {}, endOfIds)
  const isAdmin = can('user:admin')
  /** Nobody can change a user who holds more than they do. */
  const isChangeable = (user: User) =>
    isAdmin && user.scopes.every((scope) => grants(session.user.scopes, scope)) && user.id !== session.user.id
  return (
    <Page
      title="Users"
      about="People who can sign in."
      actions={
        isAdmin && (
          <Button leftSection={<UserPlus size={16} />} onClick={inviting.open}>
            Invite
          </Button>
        )
      }
    >
      <ListPanel list={list} empty={<Empty icon={<UsersRound size={22} />} title="No users" />}>
        {(user) => (
          <ListRow
            key={user.id}
            icon={<b>{(user.name ?? user.email).slice(0, 1).toUpperCase()}</b>}
            title={user.name ? `${user.name}, ${user.email}` : user.email}
            note={
              <>
                {nameOf(user)}
                {user.groups && `, ${restrictionText(user.groups)}`}
                {user.hasTotp && ', second factor'}
                {user.lastSignInAt && (
                  <>
                    , signed in <RelativeTime time={user.lastSignInAt} />
                  </>
                )}
              </>
            }
            end={
              <>
                <Status tone={tones[user.state]}>{user.id === session.user.id ? 'you' : user.state}</Status>
                {isChangeable(user) && <UserMenu user={user} onChoose={(verb) => setOpen({ user, verb })} />}
              </>
            }
          />
        )}
      </ListPanel>
      {isInviting && (
        <InviteDialog
          onClose={inviting.close}
          onInvited={(user) => {
            inviting.close()
            if (user.link) setLink(user)
          }}
        />
      )}
      {open?.verb === 'scopes' && <ScopesDialog user={open.user} onClose={() => setOpen(undefined)} />}
      {open && open.verb !== 'scopes' && (
        <UserConfirm
          user={open.user}
          verb={open.verb}
          onDone={(user) => {
            if (user?.link) setLink(user)
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
      {link && <LinkDialog user={link} onClose={() => setLink(undefined)} />}
    </Page>
  )
}

/** The name of a usual set of scopes, or the scopes themselves. */
function nameOf({ scopes }: User): string {
  const preset = presetOf(scopes)
  return preset === 'custom' ? scopes.join(', ') : preset
}

function UserMenu({ user, onChoose }: { user: User; onChoose: (verb: UserVerb | 'scopes') => void }) {
  const isOwner = useCan()('account:owner')
  return (
    <Menu width={210}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${user.email}`}>
          <Ellipsis size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => onChoose('scopes')}>Name, scopes and groups</Menu.Item>
        <Menu.Item onClick={() => onChoose('reset')}>
          {user.state === 'invited' ? 'Invite again' : 'Create password link'}
        </Menu.Item>
        {user.hasTotp && <Menu.Item onClick={() => onChoose('totp')}>Remove second factor</Menu.Item>}
        <Menu.Item onClick={() => onChoose(user.state === 'disabled' ? 'enable' : 'disable')}>
          {user.state === 'disabled' ? 'Enable' : 'Disable'}
        </Menu.Item>
        {isOwner && (
          <Menu.Item onClick={() => download(`/v1/default/user/${user.id}/data`)}>Download all data</Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item c="var(--bad)" onClick={() => onChoose('remove')}>
          Remove
        </Menu.Item>
        {isOwner && (
          <Menu.Item c="var(--bad)" onClick={() => onChoose('erase')}>
            Erase all data
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
