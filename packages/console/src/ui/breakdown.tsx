import type { ReactNode } from 'react'
import classes from './breakdown.module.css'
import { count, counted } from './numbers.ts'

interface BreakdownProps {
  parts: readonly { name: string; devices: number }[]
  /** How many parts are shown, the largest first. */
  limit?: number
  link?: (name: string, className: string | undefined) => ReactNode
}

/** What a whole is made of: the largest parts, as bars that are shares of the whole. */
export function Breakdown({ parts, limit = 6, link }: BreakdownProps) {
  const sorted = [...parts].sort((a, b) => b.devices - a.devices)
  const shown = sorted.slice(0, limit)
  const whole = parts.reduce((sum, { devices }) => sum + devices, 0)
  const hidden = sorted.slice(limit)
  return (
    <>
      <ul className={classes.list}>
        {shown.map(({ name, devices }) => (
          <li key={name} className={classes.row}>
            {link ? link(name, classes.name) : <span className={classes.name}>{name}</span>}
            <span className={classes.value}>{count(devices)}</span>
            <span className={classes.track}>
              <span className={classes.bar} style={{ display: 'block', width: `${(100 * devices) / whole}%` }} />
            </span>
          </li>
        ))}
      </ul>
      {hidden.length > 0 && (
        <p className={classes.more}>
          and {count(hidden.length)} more with{' '}
          {counted(
            hidden.reduce((sum, part) => sum + part.devices, 0),
            'device',
          )}
        </p>
      )}
    </>
  )
}
