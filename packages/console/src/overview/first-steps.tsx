import { Button, CloseButton } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { listApiKeys } from '@mason/contract/apikey'
import { getSummary } from '@mason/contract/device'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, KeyRound, TabletSmartphone, UserRound } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { one, read } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'
import { part } from '../api/part.ts'
import { useSession } from '../session/session.ts'
import { List, ListRow } from '../ui/list.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import classes from './overview.module.css'

const OwnerDialog = lazy(part(() => import('./owner-dialog.tsx')))

/** The key of the owner that the first start makes is one. */
const keysOfFirstStart = 1

/** What the owner of a new platform does first; gone once it is done, or sent away. */
export default function FirstSteps() {
  const { user } = useSession()
  const summary = useQuery(read(getSummary, {}))
  const keys = useQuery(read(listApiKeys, { limit: 3, before: endOfIds }))
  const [isSentAway, setIsSentAway] = useLocalStorage({ key: 'mason.no-first-steps', defaultValue: false })
  const [isNaming, setIsNaming] = useState(false)
  if (!summary.data || !keys.data || isSentAway) return undefined
  const steps: Step[] = [
    {
      icon: <UserRound size={16} />,
      title: 'Make this account yours',
      note: 'Set your name, and replace the printed password.',
      isDone: user.name !== undefined,
      action: (
        <Button size="xs" variant="default" onClick={() => setIsNaming(true)}>
          Set up
        </Button>
      ),
    },
    {
      icon: <TabletSmartphone size={16} />,
      title: 'Enroll a device',
      note: 'A real one with a QR code, or simulated ones to try things out.',
      isDone: one(summary.data).devices > 0,
      action: (
        <Button size="xs" variant="default" component={Link} to="/enrollment">
          Enroll
        </Button>
      ),
    },
    {
      icon: <KeyRound size={16} />,
      title: 'Create an API key',
      note: 'For scripts and services, limited to the scopes that you select.',
      isDone: keys.data.data.length > keysOfFirstStart,
      action: (
        <Button size="xs" variant="default" component={Link} to="/keys">
          Create key
        </Button>
      ),
    },
  ]
  if (steps.every(({ isDone }) => isDone)) return undefined
  return (
    <Panel
      title="First steps"
      note="Three steps to get your fleet running."
      actions={<CloseButton aria-label="Hide first steps" onClick={() => setIsSentAway(true)} />}
      className={classes.whole}
      isFlush
    >
      <List>
        {steps.map(({ icon, title, note, isDone, action }) => (
          <ListRow
            key={title}
            icon={isDone ? <Check size={16} /> : icon}
            tone={isDone ? 'good' : 'idle'}
            title={title}
            note={note}
            end={isDone ? <Status tone="good">done</Status> : action}
          />
        ))}
      </List>
      <Suspense>{isNaming && <OwnerDialog onClose={() => setIsNaming(false)} />}</Suspense>
    </Panel>
  )
}

interface Step {
  icon: ReactNode
  title: string
  note: string
  isDone: boolean
  action: ReactNode
}
