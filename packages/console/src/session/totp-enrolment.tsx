import { Alert, Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { confirmTotp, enrollTotp } from '@mason/contract/auth'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, one } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { CopyLine } from '../ui/copy.tsx'
import { QrCode } from '../ui/qr.tsx'

interface TotpEnrolmentProps {
  /** Asked for again where somebody is signed in already. */
  asksPassword?: boolean
  onDone: () => void
}

/** Setting up an authenticator app: scan, type a first code, keep the recovery codes. */
export default function TotpEnrolment({ asksPassword = false, onDone }: TotpEnrolmentProps) {
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const start = useMutation({ mutationFn: () => call(enrollTotp, asksPassword ? { password } : {}) })
  const confirm = useMutation({ mutationFn: () => call(confirmTotp, { code: code.trim() }) })
  const on = (work: () => void) => (event: FormEvent) => {
    event.preventDefault()
    work()
  }

  if (confirm.data) {
    const codes = one(confirm.data).recoveryCodes
    return (
      <Stack gap="sm">
        <Alert color="petrol" title="Your second factor is on">
          Keep these recovery codes in a safe place. Each works once, should you lose your phone. They are not shown
          again.
        </Alert>
        <CopyLine text={codes.join('\n')} label="recovery codes" />
        <Button onClick={onDone}>I have kept them</Button>
      </Stack>
    )
  }
  if (!start.data)
    return (
      <form onSubmit={on(() => start.mutate())}>
        <Stack gap="sm">
          {asksPassword && (
            <PasswordInput
              label="Your password"
              autoComplete="current-password"
              required
              withAsterisk={false}
              value={password}
              error={start.isError && messageOf(start.error)}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
          )}
          {!asksPassword && start.isError && <Alert color="red">{messageOf(start.error)}</Alert>}
          <Button type="submit" loading={start.isPending}>
            Set up an authenticator app
          </Button>
        </Stack>
      </form>
    )
  const { uri, secret } = one(start.data)
  return (
    <form onSubmit={on(() => confirm.mutate())}>
      <Stack gap="sm">
        <Group align="flex-start" wrap="nowrap" gap="md">
          <QrCode text={uri} label="QR code for your authenticator app" size={148} />
          <Text size="sm" c="dimmed">
            Scan this with your authenticator app. No camera? Type the secret below into the app.
          </Text>
        </Group>
        <CopyLine text={secret} label="secret" isWrapped />
        <TextInput
          label="Code that the app shows now"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          withAsterisk={false}
          value={code}
          error={confirm.isError && messageOf(confirm.error)}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button type="submit" loading={confirm.isPending}>
          Confirm
        </Button>
      </Stack>
    </form>
  )
}
