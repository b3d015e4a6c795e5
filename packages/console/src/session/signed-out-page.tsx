import { type ReactNode, useEffect } from 'react'
import mark from '../brand/mark.svg'
import { Wall } from '../brand/wall.tsx'
import classes from './signed-out-page.module.css'

/** The page of somebody who is not signed in yet. */
export function SignedOutPage({ title, about, children }: { title: string; about?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Mason`
  }, [title])
  return (
    <div className={classes.page}>
      <main className={classes.side}>
        <div className={classes.form}>
          <img src={mark} alt="Mason" className={classes.mark} />
          <h1 className={classes.title}>{title}</h1>
          <p className={classes.about}>{about}</p>
          {children}
        </div>
      </main>
      <div className={classes.wall} aria-hidden="true">
        <Wall />
      </div>
    </div>
  )
}
