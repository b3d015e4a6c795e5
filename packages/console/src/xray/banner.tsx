import { Alert, Button, Group, Text } from '@mantine/core'
import { getXraySession, updateXraySession } from '@mason/contract/xray'
import { useQuery } from '@tanstack/react-query'
import { Unplug } from 'lucide-react'
import { one, read } from '../api/client.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { bytes } from '../ui/numbers.ts'
import { RelativeTime } from '../ui/time.tsx'
import classes from './xray.module.css'

interface BannerProps {
  /** Of the session. */
  id: string
  /** Whether its connection is cut for the moment. */
  isLost: boolean
  onEnd: () => void
}

/** Who is on the device, since when, how far away it is, and who would like to be there. */
export function Banner({ id, isLost, onEnd }: BannerProps) {
  const session = useQuery(read(getXraySession, { id }))
  const known = session.data && one(session.data)
  return (
    <>
      <section className={classes.banner} aria-label="X-Ray session">
        <Text size="sm" component="div">
          {known ? (
            <>
              <strong>{known.actor.name ?? known.actor.kind}</strong> is on this device. It began{' '}
              <RelativeTime time={known.beganAt} />. {known.latencyMs !== undefined && `${known.latencyMs} ms · `}
              {bytes(known.bytesDown)} down · {bytes(known.bytesUp)} up. It ends after {known.idleMinutes} idle minutes.
              {known.recorded && ' Its shells are recorded.'}
            </>
          ) : (
            'You are on this device.'
          )}
        </Text>
        <Button size="xs" variant="default" leftSection={<Unplug size={14} />} onClick={onEnd}>
          End session
        </Button>
      </section>
      {isLost && (
        <Alert color="yellow" title="The connection was lost">
          Reconnecting. What runs in a shell goes on.
        </Alert>
      )}
      {known?.takeOver && (
        <Alert color="yellow" title={`${known.takeOver.actor.name ?? 'Somebody'} asks to take over`}>
          <Group gap="xs">
            <Button size="xs" onClick={onEnd}>
              Hand over
            </Button>
            <ActionButton
              size="xs"
              variant="default"
              work={(send) => send(updateXraySession, { id, takeOver: false })}
              failure="Not declined"
              renews={['getXraySession']}
            >
              Stay
            </ActionButton>
          </Group>
        </Alert>
      )}
    </>
  )
}
