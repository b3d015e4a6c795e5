import { type ReactNode, useId } from 'react'
import classes from './panel.module.css'

interface PanelProps {
  title?: ReactNode
  /** A word beside the title. */
  note?: ReactNode
  actions?: ReactNode
  /** Without room around the content, for tables and lists that have their own. */
  isFlush?: boolean
  className?: string | undefined
  children: ReactNode
}

/** A titled sheet of the page. */
export function Panel({ title, note, actions, isFlush = false, className = '', children }: PanelProps) {
  const titleId = useId()
  return (
    <section className={`${classes.panel} ${className}`} aria-labelledby={title ? titleId : undefined}>
      {(title || actions) && (
        <header className={classes.head}>
          <div>
            <h2 id={titleId} className={classes.title}>
              {title}
            </h2>
            {note && <div className={classes.note}>{note}</div>}
          </div>
          {actions}
        </header>
      )}
      <div className={isFlush ? classes.flush : classes.body}>{children}</div>
    </section>
  )
}
