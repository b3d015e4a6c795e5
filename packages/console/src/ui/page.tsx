import { type ReactNode, useEffect } from 'react'
import classes from './page.module.css'

interface PageProps {
  title: string
  /** What is shown in place of the plain title. */
  heading?: ReactNode
  about?: ReactNode
  actions?: ReactNode
  back?: ReactNode
  /** As wide as the window. */
  isWide?: boolean
  /** As high as the window: what it shows scrolls by itself. */
  isFull?: boolean
  children: ReactNode
}

/** A page of the Controller: its title, what can be done here, and its panels. */
export function Page({ title, heading, about, actions, back, isWide = false, isFull = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Mason`
  }, [title])
  return (
    <div className={`${classes.page} ${isWide ? classes.wide : ''} ${isFull ? classes.full : ''}`}>
      <header className={classes.head}>
        <div>
          {back && <div className={classes.back}>{back}</div>}
          <h1 className={classes.title}>{heading ?? title}</h1>
          {about && <p className={classes.about}>{about}</p>}
        </div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}
