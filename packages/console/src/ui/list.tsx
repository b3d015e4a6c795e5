import type { ReactNode } from 'react'
import classes from './list.module.css'
import type { Tone } from './status.tsx'

/** Lines that each say one thing. */
export function List({ children }: { children: ReactNode }) {
  return <ul className={classes.list}>{children}</ul>
}

interface ListRowProps {
  icon?: ReactNode
  tone?: Tone
  title: ReactNode
  /** Shows all of a long title, for what has no page of its own. */
  isWhole?: boolean
  note?: ReactNode
  end?: ReactNode
}

export function ListRow({ icon, tone, title, isWhole = false, note, end }: ListRowProps) {
  return (
    <li className={classes.row}>
      {icon && (
        <span className={classes.icon} data-tone={tone} aria-hidden="true">
          {icon}
        </span>
      )}
      <div className={classes.text}>
        <div className={`${classes.title} ${isWhole ? classes.whole : ''}`}>{title}</div>
        {note && (
          <div className={classes.note} data-text>
            {note}
          </div>
        )}
      </div>
      {end && <div className={classes.end}>{end}</div>}
    </li>
  )
}
