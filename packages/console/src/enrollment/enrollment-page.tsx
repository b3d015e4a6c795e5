import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { deleteEnrollment, type Enrollment, listEnrollments } from '@mason/contract/enrollment'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Plus, QrCode, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import type { Send } from '../api/submission.ts'
import { Confirm } from '../ui/confirm.tsx'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { count, counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { foreignAgents } from './agents.ts'
import { NewTokenDialog } from './new-token-dialog.tsx'
import { NewTokenPanel } from './new-token-panel.tsx'

/** Tokens by which devices join, and a new one with its QR code until the page is left. */
export function EnrollmentPage() {
  const queryClient = useQueryClient()
  const [isCreating, setIsCreating] = useState(false)
  const [fresh, setFresh] = useState<Enrollment>()
  const [toDelete, setToDelete] = useState<Enrollment>()
  const list = useNewestFirst(listEnrollments, {}, endOfIds)
  const remove = async (send: Send, id: string) => {
    await send(deleteEnrollment, { id })
    if (fresh?.id === id) setFresh(undefined)
    await queryClient.invalidateQueries({ queryKey: ['listEnrollments'] })
  }
  return (
    <Page
      title="Enrollment"
      about="Devices join your fleet with an enrollment token, scanned as a QR code or typed in."
      actions={
        <Button leftSection={<Plus size={16} />} onClick={() => setIsCreating(true)}>
          New token
        </Button>
      }
    >
      {fresh && <NewTokenPanel key={fresh.id} enrollment={fresh} />}
      <ListPanel
        title="Tokens"
        list={list}
        empty={
          <Empty
            icon={<QrCode size={22} />}
            title="No tokens yet"
            action={
              <Button size="xs" mt={6} onClick={() => setIsCreating(true)}>
                Create token
              </Button>
            }
          >
            Create one, show its QR code to a new device, and watch the device enroll.
          </Empty>
        }
      >
        {(token) => (
          <ListRow
            key={token.id}
            icon={<QrCode size={16} />}
            title={token.note ?? 'No note'}
            isWhole
            note={
              <>
                {kindNote(token)}enrolls into{' '}
                <Link to="/groups/$name" params={{ name: token.group }}>
                  {token.group}
                </Link>
                , created <RelativeTime time={token.createdAt} />
                {token.expiresAt && (
                  <>
                    , {isOver(token) ? 'expired' : 'expires'} <RelativeTime time={token.expiresAt} />
                  </>
                )}
              </>
            }
            end={
              <>
                <Status tone={isOver(token) ? 'idle' : 'good'}>{usesOf(token)}</Status>
                <Tooltip label="Delete">
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Delete the token ${token.note ?? token.id}`}
                    onClick={() => setToDelete(token)}
                  >
                    <Trash2 size={16} />
                  </ActionIcon>
                </Tooltip>
              </>
            }
          />
        )}
      </ListPanel>
      {isCreating && (
        <NewTokenDialog
          onClose={() => setIsCreating(false)}
          onCreated={(enrollment) => {
            setIsCreating(false)
            setFresh(enrollment)
          }}
        />
      )}
      {toDelete && (
        <Confirm
          title="Delete this token?"
          action="Delete token"
          onConfirm={(send) => remove(send, toDelete.id)}
          onClose={() => setToDelete(undefined)}
        >
          No more devices can enroll with it. Devices that already did stay in your fleet.
        </Confirm>
      )}
    </Page>
  )
}

const isOver = ({ expiresAt, uses, maxUses }: Enrollment) =>
  (expiresAt !== undefined && Date.parse(expiresAt) < Date.now()) || (maxUses !== undefined && uses >= maxUses)

/** For whose agent it is, where that is not the platform's own. */
const kindNote = ({ kind }: Enrollment) => (kind === 'mason' ? '' : `for the agent of ${foreignAgents[kind].name}, `)

const usesOf = ({ uses, maxUses }: Enrollment) =>
  maxUses === undefined ? `${counted(uses, 'device')} enrolled` : `${count(uses)} of ${count(maxUses)} enrolled`
