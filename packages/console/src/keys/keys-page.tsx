import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { type ApiKey, deleteApiKey, listApiKeys } from '@mason/contract/apikey'
import { useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import type { Send } from '../api/submission.ts'
import { restrictionText } from '../groups/restricted.ts'
import { useCan } from '../session/session.ts'
import { Confirm } from '../ui/confirm.tsx'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import classes from './keys.module.css'
import { NewKeyDialog } from './new-key-dialog.tsx'

/** The API keys of the account. */
export function KeysPage() {
  const can = useCan()
  const queryClient = useQueryClient()
  const [isCreating, setIsCreating] = useState(false)
  const [toDelete, setToDelete] = useState<ApiKey>()
  const list = useNewestFirst(listApiKeys, {}, endOfIds)
  const isAdmin = can('key:admin')
  const remove = async (send: Send, id: string) => {
    await send(deleteApiKey, { id })
    await queryClient.invalidateQueries({ queryKey: ['listApiKeys'] })
  }
  const create = isAdmin && (
    <Button leftSection={<Plus size={16} />} onClick={() => setIsCreating(true)}>
      New key
    </Button>
  )
  return (
    <Page
      title="API keys"
      about="Credentials for scripts and services. A key can do only what its scopes allow."
      actions={create}
    >
      <ListPanel
        list={list}
        empty={
          <Empty icon={<KeyRound size={22} />} title="No API keys yet">
            Create one for each script, with no more scopes than it needs.
          </Empty>
        }
      >
        {(key) => (
          <ListRow
            key={key.id}
            icon={<KeyRound size={16} />}
            title={
              <>
                <b className={classes.name}>{key.name}</b> <code className={classes.prefix}>{key.prefix}…</code>
              </>
            }
            note={
              <>
                {key.lastUsedAt ? (
                  <>
                    used <RelativeTime time={key.lastUsedAt} />
                  </>
                ) : (
                  'never used'
                )}
                , created <RelativeTime time={key.createdAt} />
                {key.expiresAt && (
                  <>
                    , {Date.parse(key.expiresAt) < Date.now() ? 'expired' : 'expires'}{' '}
                    <RelativeTime time={key.expiresAt} />
                  </>
                )}
                {key.groups && `, ${restrictionText(key.groups)}`}
                {key.allowedIps && `, only from ${key.allowedIps.join(', ')}`}
                <span className={classes.scopes}>
                  {key.scopes.map((scope) => (
                    <span key={scope} className={classes.scope}>
                      {scope}
                    </span>
                  ))}
                </span>
              </>
            }
            end={
              <>
                {key.expiresAt && Date.parse(key.expiresAt) < Date.now() && <Status tone="idle">expired</Status>}
                {isAdmin && (
                  <Tooltip label="Delete">
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={`Delete the key ${key.name}`}
                      onClick={() => setToDelete(key)}
                    >
                      <Trash2 size={16} />
                    </ActionIcon>
                  </Tooltip>
                )}
              </>
            }
          />
        )}
      </ListPanel>
      {isCreating && <NewKeyDialog onClose={() => setIsCreating(false)} />}
      {toDelete && (
        <Confirm
          title={`Delete the key “${toDelete.name}”?`}
          action="Delete key"
          onConfirm={(send) => remove(send, toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          Everything that uses it stops working within a second. This cannot be undone.
        </Confirm>
      )}
    </Page>
  )
}
