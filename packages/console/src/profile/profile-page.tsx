import { presetOf } from '@mason/contract/user'
import { restrictionText } from '../groups/restricted.ts'
import { useSession } from '../session/session.ts'
import { Page } from '../ui/page.tsx'
import { DigestPanel } from './digest-panel.tsx'
import { PasswordPanel } from './password-panel.tsx'
import classes from './profile.module.css'
import { SecondFactorPanel } from './second-factor-panel.tsx'
import { SessionsPanel } from './sessions-panel.tsx'
import { TimesPanel } from './times-panel.tsx'

/** What belongs to whoever is signed in: password, second factor, sessions. */
export function ProfilePage() {
  const { user, account } = useSession()
  return (
    <Page
      title={user.name ?? user.email}
      about={[user.name && user.email, `${presetOf(user.scopes)} of ${account.name}`, restrictionText(user.groups)]
        .filter(Boolean)
        .join(', ')}
    >
      <div className={classes.grid}>
        <PasswordPanel />
        <SecondFactorPanel />
        {user.groups === undefined && <DigestPanel />}
        <TimesPanel />
      </div>
      <SessionsPanel />
    </Page>
  )
}
