import { ActionIcon, Burger, Drawer } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { lazy, Suspense, useEffect } from 'react'
import { LiveEvents } from '../api/live.tsx'
import mark from '../brand/mark.svg'
import { useCan, useSession } from '../session/session.ts'
import { navigationFor } from './navigation.ts'
import classes from './shell.module.css'
import { UserMenu } from './user-menu.tsx'

const FindDevice = lazy(() => import('./find-device.tsx'))

/** What stands around every page of somebody who is signed in. */
export function Shell() {
  const can = useCan()
  const [isMenuOpen, menu] = useDisclosure(false)
  const [isFinding, finding] = useDisclosure(false)
  useHotkeys([['mod+K', finding.open]])
  const path = useRouterState({ select: ({ location }) => location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes whenever the page changes
  useEffect(menu.close, [path])

  const page = (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        Skip to the content
      </a>
      <div className={classes.topbar}>
        <Burger opened={isMenuOpen} onClick={menu.toggle} size="sm" aria-label="Menu" />
        <Brand />
        <ActionIcon variant="subtle" color="gray" size="lg" onClick={finding.open} aria-label="Find a device">
          <Search size={18} />
        </ActionIcon>
      </div>
      <aside className={classes.sidebar}>
        <Sidebar onFind={finding.open} />
      </aside>
      <Drawer.Root opened={isMenuOpen} onClose={menu.close} size={272}>
        <Drawer.Overlay />
        <Drawer.Content aria-label="Menu">
          <Drawer.Body>
            <div className={`${classes.sidebar} ${classes.inDrawer}`}>
              <Sidebar onFind={finding.open} />
            </div>
          </Drawer.Body>
        </Drawer.Content>
      </Drawer.Root>
      <main className={classes.main} id="main" tabIndex={-1}>
        <Outlet />
      </main>
      <Suspense>{isFinding && <FindDevice onClose={finding.close} />}</Suspense>
    </div>
  )
  return can('fleet:read') ? <LiveEvents>{page}</LiveEvents> : page
}

function Brand() {
  return (
    <Link to="/" className={classes.brand}>
      <img src={mark} alt="" className={classes.mark} />
      Mason
    </Link>
  )
}

function Sidebar({ onFind }: { onFind: () => void }) {
  const { user } = useSession()
  const can = useCan()
  return (
    <>
      <Brand />
      {can('fleet:read') && (
        <button type="button" className={classes.find} onClick={onFind}>
          <Search size={15} />
          Find a device
          <kbd>Ctrl K</kbd>
        </button>
      )}
      <nav aria-label="Pages">
        {navigationFor(user.scopes).map(({ label, items }) => (
          <div key={label ?? 'first'} className={classes.group}>
            {label && <div className={classes.groupLabel}>{label}</div>}
            {items.map(({ to, label, icon: Icon }) => (
              <Link key={to} to={to} className={classes.link} activeOptions={{ exact: to === '/' }}>
                <Icon size={17} strokeWidth={1.75} />
                {label}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className={classes.foot}>
        <UserMenu />
      </div>
    </>
  )
}
