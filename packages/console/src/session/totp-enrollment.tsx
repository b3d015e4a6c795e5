import { Alert, Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { confirmTotp, enrollTotp } from '@mason/contract/second-factor'
import { type FormEvent, useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { CopyLine } from '../ui/copy.tsx'
import { FormAlert } from '../ui/form-alert.tsx'
import { QrCode } from '../ui/qr.tsx'

interface TotpEnrollmentProps {
  /** Asked for again where somebody is signed in already. */
  asksPassword?: boolean
  onDone: () => void
}

/** Setting up an authenticator app: scan, type a first code, keep the recovery codes. */
export default function TotpEnrollment({ asksPassword = false, onDone }: TotpEnrollmentProps) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [secrets, setSecrets] = useState<{ uri: string; secret: string }>()
  const [recoveryCodes, setRecoveryCodes] = useState<string[]>()
  const start = useSubmission({
    work: async (send) => one(await send(enrollTotp, asksPassword ? { password } : {})),
    onDone: setSecrets,
  })
  const confirm = useSubmission({
    work: async (send) => one(await send(confirmTotp, { code: code.trim() })).recoveryCodes,
    onDone: setRecoveryCodes,
  })
  const on = (work: () => void) => (event: FormEvent) => {
    event.preventDefault()
    work()
  }

  if (recoveryCodes)
    return (
      <Stack gap="sm">
        <Alert color="petrol" title="Your second factor is on">
          Store these recovery codes in a safe place. Each works once if you lose your phone. They are not shown again.
        </Alert>
        <CopyLine text={recoveryCodes.join('\n')} label="recovery codes" />
        <Button onClick={onDone}>I have stored them</Button>
      </Stack>
    )
  if (!secrets)
    return (
      <form onSubmit={on(start.submit)}>
        <Stack gap="sm">
          {asksPassword && (
            <PasswordInput
              label="Your password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={password}
              error={start.faults.at('password')}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
          <FormAlert form={start} />
          <Button type="submit" loading={start.isPending}>
            Set up an authenticator app
          </Button>
        </Stack>
      </form>
    )
  const { uri, secret } = secrets
  return (
    <form onSubmit={on(confirm.submit)}>
      <Stack gap="sm">
        <Group align="flex-start" wrap="nowrap" gap="md">
          <QrCode text={uri} label="QR code for your authenticator app" size={148} />
          <Text size="sm" c="dimmed">
            Scan this with your authenticator app. No camera? Enter the secret below in the app.
          </Text>
        </Group>
        <CopyLine text={secret} label="secret" isWrapped />
        <TextInput
          label="Current code from the app"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          value={code}
          error={confirm.faults.at('code')}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <FormAlert form={confirm} />
        <Button type="submit" loading={confirm.isPending}>
          Confirm
        </Button>
      </Stack>
    </form>
  )
}
