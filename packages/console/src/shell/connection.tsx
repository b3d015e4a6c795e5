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
              ? 'Changes do not arrive by themselves at the moment.'
              : 'The server cannot be reached. This page is what it last said, and goes on once it is back.'}
          </span>
          <Loader size={14} aria-hidden="true" />
        </div>
      )}
    </div>
  )
}
