import type { Alert } from '@mason/contract/alert'
import { Link } from '@tanstack/react-router'

/** What an alert is about, as a link to its page. */
export function AlertSubject({ subject: { kind, id, name } }: Pick<Alert, 'subject'>) {
  switch (kind) {
    case 'device':
      return (
        <Link to="/devices/$id" params={{ id }}>
          {name ?? id}
        </Link>
      )
    case 'sim':
      return (
        <Link to="/sims/$iccid" params={{ iccid: id }}>
          {name ?? id}
        </Link>
      )
    case 'deployment':
      return (
        <Link to="/deployments/$id" params={{ id }}>
          Roll-out
        </Link>
      )
    case 'carrier':
      return (
        <Link to="/carriers/$name" params={{ name: id }}>
          {name ?? id}
        </Link>
      )
    case 'webhook':
      return (
        <Link to="/webhooks/$id" params={{ id }}>
          Webhook
        </Link>
      )
    case 'subscription':
      return <Link to="/plan">Data pool</Link>
    default:
      return <>All devices</>
  }
}
