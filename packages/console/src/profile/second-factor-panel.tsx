import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { disableTotp, renewRecoveryCodes } from '@mason/contract/second-factor'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { currentSession, useSession } from '../session/session.ts'
import TotpEnrollment from '../session/totp-enrollment.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { FormAlert } from '../ui/form-alert.tsx'
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
    <Panel
      title="Second factor"
      note={isOn ? 'On. Signing in requires a code from your authenticator app.' : undefined}
    >
      {isOn ? (
        <WithTotp isRequired={account.totpRequired} onOff={() => turned(false)} />
      ) : (
        <Stack gap="sm">
          <Text size="sm">
            With an authenticator app, a stolen password alone is not enough to sign in.{' '}
            {account.totpRequired && 'Your account requires it.'}
          </Text>
          <TotpEnrollment asksPassword onDone={() => void turned(true)} />
        </Stack>
      )}
    </Panel>
  )
}

function WithTotp({ isRequired, onOff }: { isRequired: boolean; onOff: () => Promise<void> }) {
  const [code, setCode] = useState('')
  const [recoveryCodes, setRecoveryCodes] = useState<string[]>()
  const [verb, setVerb] = useState<'renew' | 'disable'>()
  const form = useSubmission({
    work: async (send, wanted: 'renew' | 'disable') => {
      setVerb(wanted)
      if (wanted === 'disable') await send(disableTotp, { code: code.trim() })
      else setRecoveryCodes(one(await send(renewRecoveryCodes, { code: code.trim() })).recoveryCodes)
      return wanted
    },
    onDone: (done) => (done === 'disable' ? onOff() : undefined),
  })
  return (
    <Stack gap="sm">
      <TextInput
        label="Current code from the app"
        inputMode="numeric"
        autoComplete="one-time-code"
        value={code}
        error={form.faults.at('code')}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      <FormAlert form={form} />
      {recoveryCodes && (
        <>
          <Alert color="yellow">
            Your old recovery codes no longer work. Store these safely; they are not shown again.
          </Alert>
          <CopyLine text={recoveryCodes.join('\n')} label="recovery codes" />
        </>
      )}
      <Group gap="xs">
        <Button
          variant="default"
          disabled={code === ''}
          loading={form.isPending && verb === 'renew'}
          onClick={() => form.submit('renew')}
        >
          New recovery codes
        </Button>
        {!isRequired && (
          <Button
            variant="subtle"
            color="red"
            disabled={code === ''}
            loading={form.isPending && verb === 'disable'}
            onClick={() => form.submit('disable')}
          >
            Turn off
          </Button>
        )}
      </Group>
    </Stack>
  )
}
