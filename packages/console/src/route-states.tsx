import { Button } from '@mantine/core'
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { Signpost } from 'lucide-react'
import { useEffect } from 'react'
import { PartMissing } from './api/part.ts'
import { isReady, noteAway, useServerReturn } from './api/reachability.ts'
import { Page } from './ui/page.tsx'
import { Panel } from './ui/panel.tsx'
import { Empty, Failure, Loading } from './ui/states.tsx'

/** A page that has just been loaded is not loaded anew at once, or it might never end. */
const youngMs = 10_000

/** While a page is on its way. */
export function Pending() {
  return (
    <Page title="Loading">
      <Panel>
        <Loading lines={8} />
      </Panel>
    </Page>
  )
}

/** When a page could not be loaded or broke. It tries again by itself once the server can be reached. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const isPart = error instanceof PartMissing
  const retry = () => {
    if (isPart) return location.reload()
    reset()
    void router.invalidate()
  }
  useServerReturn(retry)
  useEffect(() => {
    if (!isPart) return
    // After an upgrade the server has other files: the page is loaded anew, with its new ones.
    void isReady().then((isThere) => {
      if (!isThere) noteAway()
      else if (performance.now() > youngMs) location.reload()
    })
  }, [isPart])
  return (
    <Page title="Something went wrong">
      <Panel>
        <Failure error={error} onRetry={retry} />
      </Panel>
    </Page>
  )
}

/** When an address leads nowhere. */
export function Lost() {
  return (
    <Page title="Page not found">
      <Panel>
        <Empty
          icon={<Signpost size={22} />}
          title="There is no page at this address"
          action={
            <Button component={Link} to="/" variant="default" size="xs" mt={6}>
              Go to overview
            </Button>
          }
        >
          It may have moved, or the link is incomplete.
        </Empty>
      </Panel>
    </Page>
  )
}
