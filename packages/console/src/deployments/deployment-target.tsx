import type { Deployment } from '@mason/contract/deployment'
import { Link } from '@tanstack/react-router'

/** What a deployment is for, as a link to the group or to the devices that match the filter. */
export function DeploymentTarget({ deployment: { group, filter } }: { deployment: Deployment }) {
  if (group !== undefined)
    return (
      <Link to="/groups/$name" params={{ name: group }}>
        {group}
      </Link>
    )
  return (
    <Link to="/devices" search={{ filter: filter ?? '' }}>
      {filter}
    </Link>
  )
}
