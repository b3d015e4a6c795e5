import { Alert } from '@mantine/core'
import { type Node, roles } from '@mason/contract/node'
import { counted } from '../ui/numbers.ts'
import classes from './nodes.module.css'

/** What does not happen while no node with the role is up. */
const missing: Record<Node['roles'][number], string> = {
  api: 'No node with the role api is running: the API and the Controller are not served.',
  gateway: 'No node with the role gateway is running: devices cannot connect.',
  worker: 'No node with the role worker is running: jobs, exports and roll-outs have stopped.',
}

/** What an operator should see to: what nodes say of themselves, each sentence once, and what the list shows. */
export function NodeWarnings({ nodes }: { nodes: readonly Node[] }) {
  const running = nodes.filter(({ state }) => state !== 'down')
  const warnings = [...ofAll(running), ...ofEach(running)]
  if (warnings.length === 0) return undefined
  return (
    <Alert color="yellow" mb="md" title={counted(warnings.length, 'warning')}>
      <ul className={classes.warnings}>
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </Alert>
  )
}

function* ofAll(running: readonly Node[]): Generator<string> {
  for (const role of roles) if (!running.some((node) => node.roles.includes(role))) yield missing[role]
  const versions = [...new Set(running.map(({ version }) => version))]
  if (versions.length > 1) yield `Nodes run different versions: ${versions.join(', ')}. Finish the upgrade.`
}

function* ofEach(running: readonly Node[]): Generator<string> {
  const warned = Map.groupBy(
    running.flatMap(({ host, warnings }) => warnings.map((warning) => ({ host, warning }))),
    ({ warning }) => warning,
  )
  for (const [warning, at] of warned) {
    const hosts = [...new Set(at.map(({ host }) => host))]
    yield hosts.length === new Set(running.map(({ host }) => host)).size ? warning : `${hosts.join(', ')}: ${warning}`
  }
}
