import { PasswordInput } from '@mantine/core'

interface NewPasswordProps {
  value: string
  error: string | undefined
  onChange: (value: string) => void
}

/** The field of a password that is to be set. */
export function NewPassword({ value, error, onChange }: NewPasswordProps) {
  return (
    <PasswordInput
      label="New password"
      description="At least 8 characters. A sentence is safer than a word."
      autoComplete="new-password"
      required
      withAsterisk={false}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
