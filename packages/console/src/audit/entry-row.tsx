import type { AuditEntry } from '@mason/contract/audit'
import { Link } from '@tanstack/react-router'
import { Ban, ScrollText } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { formats } from '../ui/formats.ts'
import { ListRow } from '../ui/list.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { inWords } from './action-words.ts'
import classes from './audit.module.css'
import { Comparison } from './comparison.tsx'

/** An entry of the audit trail; what it was and what it is stand side by side once somebody opens it. */
export function EntryRow({ entry }: { entry: AuditEntry }) {
  const { actor, action, subject, time, address, refusal, repeats } = entry
  return (
    <ListRow
      icon={refusal === undefined ? <ScrollText size={16} /> : <Ban size={16} />}
      {...(refusal !== undefined && { tone: 'warn' })}
      title={
        <>
          {inWords(action)}:{' '}
          <Link to="/audit" search={{ subject: subject.id }}>
            {subject.kind} {subject.name ?? subject.id}
          </Link>
        </>
      }
      note={
        <>
          <RelativeTime time={time} /> by{' '}
          {actor.id === undefined ? (
            nameOfActor(actor)
          ) : (
            <Link to="/audit" search={{ actor: actor.id }}>
              {nameOfActor(actor)}
            </Link>
          )}
          {address !== undefined && ` from ${address}`}
          <details className={classes.details}>
            <summary>Details</summary>
            <Details entry={entry} />
          </details>
        </>
      }
      end={refusal !== undefined && <Status tone="warn">{refusedTimes(repeats)}</Status>}
    />
  )
}

function Details({ entry }: { entry: AuditEntry }) {
  const { time, action, refusal, userAgent, requestId, number, hash, before, after } = entry
  const facts = Object.entries({ time, action, refusal, client: userAgent, request: requestId, number, hash })
  return (
    <>
      <dl className={classes.facts}>
        {facts.map(([name, value]) =>
          value === undefined ? undefined : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      {(before ?? after) && <Comparison before={before ?? {}} after={after ?? {}} />}
    </>
  )
}

/** One entry stands for all that was refused again within a minute. */
const refusedTimes = (repeats = 1) => (repeats === 1 ? 'refused' : `refused ${formats.whole.format(repeats)} times`)
