import { Link, useRouterState } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { part } from '../api/part.ts'
import mark from '../brand/mark.svg'
import { useCan, useSession } from '../session/session.ts'
import { AlertBadge } from './alert-badge.tsx'
import { navigationFor } from './navigation.ts'
import classes from './shell.module.css'
import { UserMenu } from './user-menu.tsx'

const ViewMenu = lazy(part(() => import('../views/view-menu.tsx')))

export function Brand() {
  return (
    <Link to="/" className={classes.brand}>
      <img src={mark} alt="" className={classes.mark} />
      Mason
    </Link>
  )
}

/** The pages that whoever is signed in may see. */
export function Sidebar({ onFind }: { onFind: () => void }) {
  const session = useSession()
  const can = useCan()
  const list = useRef<HTMLElement>(null)
  const path = useRouterState({ select: ({ resolvedLocation }) => resolvedLocation?.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page is another link
  useEffect(() => {
    list.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest' })
  }, [path])
  const mayView = can('fleet:read', 'account') || can('connect:read', 'account')
  return (
    <>
      <Brand />
      <button type="button" className={classes.find} onClick={onFind}>
        <Search size={15} />
        Find anything
        <kbd>Ctrl K</kbd>
      </button>
      <nav aria-label="Pages" className={classes.pages} ref={list}>
        {navigationFor(session).map(({ label, items }) => (
          <div key={label ?? 'first'} className={classes.group}>
            {label && <div className={classes.groupLabel}>{label}</div>}
            {items.map(({ to, label, icon: Icon, hasAlerts = false }) => (
              <Link key={to} to={to} className={classes.link} activeOptions={{ exact: to === '/' }}>
                <Icon size={17} strokeWidth={1.75} />
                {label}
                {hasAlerts && <AlertBadge />}
              </Link>
            ))}
          </div>
        ))}
        <Suspense>{mayView && <ViewMenu />}</Suspense>
      </nav>
      <div className={classes.foot}>
        <UserMenu />
      </div>
    </>
  )
}
