import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { disableTotp, renewRecoveryCodes } from '@mason/contract/auth'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call, one } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { currentSession, useSession } from '../session/session.ts'
import TotpEnrolment from '../session/totp-enrolment.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { Panel } from '../ui/panel.tsx'

/** Turns the authenticator app on and off. */
export function SecondFactorPanel() {
  const { user, account } = useSession()
  const queryClient = useQueryClient()
  // Not the session's word: that may be renewed while somebody still writes down the recovery codes.
  const [isOn, setIsOn] = useState(user.hasTotp)
  const turned = (next: boolean) => {
    setIsOn(next)
    return queryClient.invalidateQueries({ queryKey: currentSession.queryKey })
  }
  return (
    <Panel title="Second factor" note={isOn ? 'On: signing in takes a code of your authenticator app.' : undefined}>
      {isOn ? (
        <WithTotp isRequired={account.totpRequired} onOff={() => turned(false)} />
      ) : (
        <Stack gap="sm">
          <Text size="sm">
            With an authenticator app, a stolen password alone opens nothing.{' '}
            {account.totpRequired && 'Your account requires it.'}
          </Text>
          <TotpEnrolment asksPassword onDone={() => void turned(true)} />
        </Stack>
      )}
    </Panel>
  )
}

function WithTotp({ isRequired, onOff }: { isRequired: boolean; onOff: () => Promise<void> }) {
  const [code, setCode] = useState('')
  const renew = useMutation({ mutationFn: () => call(renewRecoveryCodes, { code: code.trim() }) })
  const disable = useMutation({ mutationFn: () => call(disableTotp, { code: code.trim() }), onSuccess: onOff })
  const error = renew.error ?? disable.error
  return (
    <Stack gap="sm">
      <TextInput
        label="A code that your app shows now"
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        error={error && messageOf(error)}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      {renew.data && (
        <>
          <Alert color="yellow">Your old recovery codes are void. Keep these; they are not shown again.</Alert>
          <CopyLine text={one(renew.data).recoveryCodes.join('\n')} label="recovery codes" />
        </>
      )}
      <Group gap="xs">
        <Button variant="default" disabled={code === ''} loading={renew.isPending} onClick={() => renew.mutate()}>
          New recovery codes
        </Button>
        {!isRequired && (
          <Button
            variant="subtle"
            color="red"
            disabled={code === ''}
            loading={disable.isPending}
            onClick={() => disable.mutate()}
          >
            Turn off
          </Button>
        )}
      </Group>
    </Stack>
  )
}
