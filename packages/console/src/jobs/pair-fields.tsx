import { Group, Radio, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'

/** A label or marker to be set or removed; nothing while it is not complete. */
export type PairChange = Record<string, string | null> | undefined

interface PairFieldsProps {
  noun: 'label' | 'marker'
  examples: { key: string; value: string }
  error: string | undefined
  onChange: (change: PairChange) => void
}

/** Says which label or marker many devices or SIMs are to get, or to lose. */
export function PairFields({ noun, examples, error, onChange }: PairFieldsProps) {
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const [action, setAction] = useState('set')
  const tell = (next: { key: string; value: string; action: string }) => {
    const [name, text] = [next.key.trim(), next.value.trim()]
    const isComplete = name !== '' && (next.action === 'remove' || text !== '')
    onChange(isComplete ? { [name]: next.action === 'remove' ? null : text } : undefined)
  }
  return (
    <Stack gap="sm">
      <Radio.Group
        label="What to do"
        value={action}
        onChange={(next) => {
          setAction(next)
          tell({ key, value, action: next })
        }}
      >
        <Group mt={8}>
          <Radio value="set" label={`Set a ${noun}`} />
          <Radio value="remove" label={`Remove a ${noun}`} />
        </Group>
      </Radio.Group>
      <Group grow align="flex-start">
        <TextInput
          label="Key"
          data-autofocus
          placeholder={examples.key}
          value={key}
          error={error}
          onChange={(event) => {
            setKey(event.currentTarget.value)
            tell({ key: event.currentTarget.value, value, action })
          }}
        />
        {action === 'set' && (
          <TextInput
            label="Value"
            placeholder={examples.value}
            maxLength={200}
            value={value}
            onChange={(event) => {
              setValue(event.currentTarget.value)
              tell({ key, value: event.currentTarget.value, action })
            }}
          />
        )}
      </Group>
    </Stack>
  )
}
