import type { ReactNode } from 'react'
import classes from './status.module.css'

export type Tone = 'good' | 'warn' | 'bad' | 'idle' | 'accent'

interface StatusProps {
  tone: Tone
  /** Without the colored ground. */
  isPlain?: boolean
  children: ReactNode
}

/** A state in a word, with its color. */
export function Status({ tone, isPlain = false, children }: StatusProps) {
  return <span className={`${classes.badge} ${classes[tone]} ${isPlain ? classes.plain : ''}`}>{children}</span>
}

export function OnlineStatus({ isOnline }: { isOnline: boolean }) {
  return (
    <Status tone={isOnline ? 'good' : 'idle'} isPlain>
      {isOnline ? 'Online' : 'Offline'}
    </Status>
  )
}
