import { Button } from '@mantine/core'
import type { Scope } from '@mason/contract/scopes'
import { Link } from '@tanstack/react-router'
import { Lock } from 'lucide-react'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'

/** In place of a page that somebody's scopes or groups do not allow, for whoever has its address. */
export function NotAllowed({ obstacle }: { obstacle: readonly Scope[] | 'restricted' }) {
  return (
    <Page title="You don’t have access">
      <Panel>
        <Empty
          icon={<Lock size={22} />}
          title={
            obstacle === 'restricted'
              ? 'This page is about the whole account, and you are restricted to groups'
              : `This page requires ${obstacle.join(' or ')}`
          }
          action={
            <Button component={Link} to="/" variant="default" size="xs" mt={6}>
              Go to overview
            </Button>
          }
        >
          Ask an admin of your account for access.
        </Empty>
      </Panel>
    </Page>
  )
}
