import { ActionIcon } from '@mantine/core'
import { type View, viewScopes } from '@mason/contract/view'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { deviceCount, simCount } from '../api/counts.ts'
import { part } from '../api/part.ts'
import { useCan } from '../session/session.ts'
import { count } from '../ui/numbers.ts'
import classes from './view-links.module.css'

// The menu comes with the first page, and dialogs are large.
const DeleteViewDialog = lazy(part(() => import('./delete-view-dialog.tsx')))

/** Views in the menu, each with how much it shows. */
export default function ViewLinks({ views }: { views: readonly View[] }) {
  return (
    <div className={classes.views}>
      <div className={classes.label}>Views</div>
      {views.map((view) => (
        <ViewLink key={view.id} view={view} />
      ))}
    </div>
  )
}

function ViewLink({ view }: { view: View }) {
  const { kind, name, filter, sort } = view
  const { data } = useQuery(kind === 'device' ? deviceCount({ filter }) : simCount({ filter }))
  return (
    <div className={classes.view}>
      <Link
        to={kind === 'device' ? '/devices' : '/sims'}
        search={{ filter, ...(sort !== undefined && { sort }) }}
        activeOptions={{ includeSearch: true }}
        className={classes.link}
      >
        <span className={classes.name}>{name}</span>
        {data && (
          <span className={classes.count}>
            {data.exact ? '' : '~'}
            {count(data.count)}
          </span>
        )}
      </Link>
      <RemoveView view={view} />
    </div>
  )
}

function RemoveView({ view }: { view: View }) {
  const { kind, name } = view
  const can = useCan()
  const [isAsking, setIsAsking] = useState(false)
  if (!can(viewScopes[kind].change)) return undefined
  return (
    <>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        className={classes.remove}
        aria-label={`Delete the view ${name}`}
        onClick={() => setIsAsking(true)}
      >
        <X size={13} />
      </ActionIcon>
      <Suspense>{isAsking && <DeleteViewDialog view={view} onClose={() => setIsAsking(false)} />}</Suspense>
    </>
  )
}
