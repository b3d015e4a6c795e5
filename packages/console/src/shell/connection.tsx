import { Loader } from '@mantine/core'
import { CloudOff } from 'lucide-react'
import { useStreamState } from '../api/live.tsx'
import { useIsReachable } from '../api/reachability.ts'
import classes from './shell.module.css'

/** Says in plain sight when the page is not live. */
export function Connection() {
  const isReachable = useIsReachable()
  const isLost = useStreamState() === 'lost'
  return (
    <div role="status">
      {(!isReachable || isLost) && (
        <div className={classes.away}>
          <CloudOff size={17} aria-hidden="true" style={{ flexShrink: 0 }} />
          <span>
            <b>Not live.</b>{' '}
            {isReachable
              ? 'Live updates are interrupted. Reconnecting…'
              : 'The server cannot be reached. You see what was last known; this page updates itself once the server is back.'}
          </span>
          <Loader size={14} aria-hidden="true" />
        </div>
      )}
    </div>
  )
}
