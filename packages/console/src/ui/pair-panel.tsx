import { Button, TextInput } from '@mantine/core'
import { Tag, X } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { type Send, useSubmission } from '../api/submission.ts'
import { IconAction } from './action-button.tsx'
import { FormAlert } from './form-alert.tsx'
import { List, ListRow } from './list.tsx'
import classes from './pair-panel.module.css'
import { Panel } from './panel.tsx'
import { Empty } from './states.tsx'

interface NewPairProps<Answer> {
  set: (send: Send, key: string, value: string) => Promise<Answer>
  onChanged: (answer: Answer) => void
  /** What may be written. */
  examples: { key: string; value: string }
  /** Where an answer names the fault of a key. */
  keyFault: string
  maxLength?: number
}

interface PairPanelProps<Answer> extends NewPairProps<Answer> {
  /** What one of them is called, with a capital letter. */
  noun: string
  note?: string
  /** What they are for, where there are none. */
  purpose: string
  pairs: readonly (readonly [key: string, value: string])[]
  show: (key: string, value: string) => ReactNode
  isChangeable: boolean
  remove: (send: Send, key: string) => Promise<Answer>
}

/** Values under keys, each of which can be removed, and a line to set one. */
export function PairPanel<Answer>(props: PairPanelProps<Answer>) {
  const { noun, note, purpose, pairs, show, isChangeable, remove, ...newPair } = props
  const name = noun.toLowerCase()
  return (
    <Panel title={`${noun}s`} {...(note !== undefined && { note })} isFlush>
      {pairs.length === 0 ? (
        <Empty icon={<Tag size={20} />} title={`No ${name}s`}>
          {purpose}
        </Empty>
      ) : (
        <List>
          {pairs.map(([key, value]) => (
            <ListRow
              key={key}
              icon={<Tag size={15} />}
              title={show(key, value)}
              isWhole
              end={
                isChangeable && (
                  <IconAction
                    variant="subtle"
                    color="gray"
                    aria-label={`Remove the ${name} ${key}`}
                    work={(send) => remove(send, key)}
                    failure={`${noun} not removed`}
                    onDone={newPair.onChanged}
                  >
                    <X size={15} />
                  </IconAction>
                )
              }
            />
          ))}
        </List>
      )}
      {isChangeable && <NewPair {...newPair} />}
    </Panel>
  )
}

function NewPair<Answer>({ set, onChanged, examples, keyFault, maxLength }: NewPairProps<Answer>) {
  const [typedKey, setKey] = useState('')
  const [typedValue, setValue] = useState('')
  const [key, value] = [typedKey.trim(), typedValue.trim()]
  const form = useSubmission({
    work: (send) => set(send, key, value),
    onDone: (answer) => {
      onChanged(answer)
      setKey('')
      setValue('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }
  return (
    <form className={classes.pair} onSubmit={submit}>
      <TextInput
        label="Key"
        size="xs"
        w={120}
        placeholder={examples.key}
        value={typedKey}
        error={form.faults.at(keyFault)}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <TextInput
        label="Value"
        size="xs"
        style={{ flex: 1, minWidth: '8rem' }}
        placeholder={examples.value}
        {...(maxLength !== undefined && { maxLength })}
        value={typedValue}
        error={form.faults.at('value')}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default" disabled={!key || !value} loading={form.isPending}>
        Set
      </Button>
      <FormAlert form={form} />
    </form>
  )
}
