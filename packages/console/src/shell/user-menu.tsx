import { type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core'
import { signOut } from '@mason/contract/auth'
import { useNavigate } from '@tanstack/react-router'
import { BookOpen, Check, LogOut, Monitor, Moon, Sun, UserRound } from 'lucide-react'
import { useAction } from '../api/action.ts'
import { call } from '../api/client.ts'
import { useStreamState } from '../api/live.tsx'
import { useSession } from '../session/session.ts'
import classes from './shell.module.css'

const schemes: { scheme: MantineColorScheme; label: string; icon: typeof Sun }[] = [
  { scheme: 'light', label: 'Light', icon: Sun },
  { scheme: 'dark', label: 'Dark', icon: Moon },
  { scheme: 'auto', label: 'System', icon: Monitor },
]

/** Who is signed in, with what belongs to a person: profile, colors, signing out. */
export function UserMenu() {
  const { user, account } = useSession()
  const isLive = useStreamState() === 'live'
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const navigate = useNavigate()
  const name = user.name ?? user.email

  const leaving = useAction({
    work: () => call(signOut),
    failure: 'You are still signed in',
    // A new page forgets everything that was read for this person.
    onDone: () => location.assign('/sign-in'),
  })

  return (
    <Menu width={220} position="top-start">
      <Menu.Target>
        <button type="button" className={classes.user}>
          <span className={classes.avatar} aria-hidden="true">
            {name.slice(0, 1).toUpperCase()}
          </span>
          <span style={{ minWidth: 0 }}>
            <span className={classes.userName}>{name}</span>
            <span className={classes.userAccount}>
              <span className={classes.live} data-live={isLive} />
              {account.name} · {isLive ? 'live' : 'not live'}
            </span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<UserRound size={15} />} onClick={() => void navigate({ to: '/profile' })}>
          Profile and sessions
        </Menu.Item>
        <Menu.Item leftSection={<BookOpen size={15} />} component="a" href="/docs" target="_blank">
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        {schemes.map(({ scheme, label, icon: Icon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon size={15} />}
            rightSection={colorScheme === scheme && <Check size={14} />}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={15} />} onClick={leaving.run}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
