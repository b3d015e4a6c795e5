import { Button } from '@mantine/core'
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router'
import { Signpost } from 'lucide-react'
import { Page } from './ui/page.tsx'
import { Panel } from './ui/panel.tsx'
import { Empty, Failure, Loading } from './ui/states.tsx'

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

/** When a page could not be loaded or broke. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  const retry = () => {
    reset()
    void router.invalidate()
  }
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
    <Page title="Nothing here">
      <Panel>
        <Empty
          icon={<Signpost size={22} />}
          title="There is no page at this address"
          action={
            <Button component={Link} to="/" variant="default" size="xs" mt={6}>
              To the overview
            </Button>
          }
        >
          It may have moved, or the link was cut short.
        </Empty>
      </Panel>
    </Page>
  )
}
