import { ActionIcon, Burger } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { lazy, Suspense, useEffect } from 'react'
import { LiveEvents } from '../api/live.tsx'
import { part } from '../api/part.ts'
import { useHasEnded } from '../session/ended.ts'
import { useCan, useSession } from '../session/session.ts'
import { TimesAs } from '../ui/time.tsx'
import { Connection } from './connection.tsx'
import { navigationFor, obstacleAt } from './navigation.ts'
import { NotAllowed } from './not-allowed.tsx'
import classes from './shell.module.css'
import { Brand, Sidebar } from './sidebar.tsx'

const CommandPalette = lazy(part(() => import('./palette.tsx')))
const SignInAgain = lazy(part(() => import('../session/sign-in-again.tsx')))
const MobileMenu = lazy(part(() => import('./mobile-menu.tsx')))

/** What stands around every page of somebody who is signed in. */
export function Shell() {
  const can = useCan()
  const session = useSession()
  const hasEnded = useHasEnded()
  const [isMenuOpen, menu] = useDisclosure(false)
  const [isFinding, finding] = useDisclosure(false)
  useHotkeys([['mod+K', finding.open]])
  const path = useRouterState({ select: ({ location }) => location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the page changes
  useEffect(menu.close, [path])

  const obstacle = obstacleAt(path, can)
  const pages = navigationFor(session).flatMap(({ items }) => items)

  const page = (
    <div className={classes.shell} inert={hasEnded}>
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <header className={classes.topbar}>
        <Burger opened={isMenuOpen} onClick={menu.toggle} size="sm" aria-label="Menu" />
        <Brand />
        <ActionIcon variant="subtle" color="gray" size="lg" onClick={finding.open} aria-label="Find anything">
          <Search size={18} />
        </ActionIcon>
      </header>
      <aside className={classes.sidebar}>
        <Sidebar onFind={finding.open} />
      </aside>
      <Suspense>{isMenuOpen && <MobileMenu onFind={finding.open} onClose={menu.close} />}</Suspense>
      <main className={classes.main} id="main" tabIndex={-1}>
        <Connection />
        {obstacle ? <NotAllowed obstacle={obstacle} /> : <Outlet />}
        <div id="over" />
      </main>
      <Suspense>{hasEnded && <SignInAgain />}</Suspense>
      <Suspense>{isFinding && <CommandPalette pages={pages} onClose={finding.close} />}</Suspense>
    </div>
  )
  const { timezone, clock } = session.preferences
  return (
    <TimesAs clock={clock} {...(timezone !== undefined && { timezone })}>
      {can('fleet:read') ? <LiveEvents>{page}</LiveEvents> : page}
    </TimesAs>
  )
}
