import { Alert, Group, Loader, Text } from '@mantine/core'
import { messageOf } from '../api/faults.ts'
import { counted } from '../ui/numbers.ts'

interface ReachProps {
  total: number | undefined
  /** How many of these are of a kind that cannot do it. */
  unsupported: number | undefined
  error: unknown
  isDangerous: boolean
}

/** Says how many devices a command reaches. */
export function Reach({ total, unsupported = 0, error, isDangerous }: ReachProps) {
  if (error) return <Alert color="red">{messageOf(error)}</Alert>
  if (total === undefined)
    return (
      <Group gap="xs">
        <Loader size={14} />
        <Text size="sm" c="dimmed">
          Counting devices…
        </Text>
      </Group>
    )
  if (total === 0) return <Alert color="gray">No devices match, so there is nothing to send.</Alert>
  const others =
    unsupported > 0 &&
    ` ${counted(unsupported, 'more device')} cannot do it, because of the agent on ${unsupported === 1 ? 'it' : 'them'}.`
  if (!isDangerous || total === unsupported)
    return (
      <Text size="sm">
        This affects <b>{counted(total - unsupported, 'device')}</b>.{others}
      </Text>
    )
  return (
    <Alert color="red">
      This affects <b>{counted(total - unsupported, 'device')}</b> and cannot be undone.{others}
    </Alert>
  )
}
