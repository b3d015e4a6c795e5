import { type ReactNode, useEffect } from 'react'
import classes from './page.module.css'

interface PageProps {
  title: string
  /** What is shown in place of the plain title. */
  heading?: ReactNode
  about?: ReactNode
  actions?: ReactNode
  back?: ReactNode
  isWide?: boolean
  children: ReactNode
}

/** A page of the Controller: its title, what can be done here, and its panels. */
export function Page({ title, heading, about, actions, back, isWide = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Mason`
  }, [title])
  return (
    <div className={`${classes.page} ${isWide ? classes.wide : ''}`}>
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
