import { Alert, Group, Text } from '@mantine/core'
import { listXraySessions, updateXraySession } from '@mason/contract/xray'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { read } from '../api/client.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { EndSession } from './end-session.tsx'

/** Who is on a device already, and how to come there. */
export function OnDevice({ deviceId }: { deviceId: string }) {
  const sessions = useQuery(read(listXraySessions, { device: deviceId, open: true }))
  const session = sessions.data?.data[0]
  const [earlier, setEarlier] = useState<{ id: string; wasAsked: boolean }>()
  const [id, isAsked] = [session?.id, session?.takeOver !== undefined]
  useEffect(() => {
    if (id !== undefined) setEarlier((known) => ({ id, wasAsked: isAsked || (known?.id === id && known.wasAsked) }))
  }, [id, isAsked])
  if (!session)
    return earlier && sessions.isSuccess ? <Alert color="green" title="Nobody is on this device any more" /> : null
  const hasStayed = !isAsked && earlier?.id === id && earlier?.wasAsked
  return (
    <Alert color="yellow" title={`${session.actor.name ?? 'Somebody'} is on this device`}>
      <Text size="sm" mb="xs">
        The session began <RelativeTime time={session.beganAt} />
        {session.reason && `: ${session.reason}`}.{isAsked && ' They were asked to leave.'}
        {hasStayed && ' They were asked to leave, and stay.'}
      </Text>
      <Group gap="xs">
        <ActionButton
          size="xs"
          disabled={isAsked}
          work={(send) => send(updateXraySession, { id: session.id, takeOver: true })}
          failure="Not asked"
          renews={['listXraySessions']}
        >
          Ask to take over
        </ActionButton>
        <EndSession id={session.id}>End session</EndSession>
      </Group>
    </Alert>
  )
}
