import { Button, TextInput } from '@mantine/core'
import { deleteMarker, getSim, putMarker, type Sim } from '@mason/contract/sim'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Tag, X } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { read } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { IconAction } from '../ui/action-button.tsx'
import { FormAlert } from '../ui/form-alert.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import classes from './sim-page.module.css'

/** What a SIM is marked with: by these, data use is told apart. */
export function MarkersPanel({ sim: { iccid, markers } }: { sim: Sim }) {
  const can = useCan()
  const isAdmin = can('connect:admin')
  const queryClient = useQueryClient()
  const keep = (answer: { data: Sim[] }) => {
    queryClient.setQueryData(read(getSim, { iccid }).queryKey, answer)
    void queryClient.invalidateQueries({ queryKey: ['listSims'] })
  }
  return (
    <Panel title="Markers" note="A marker applies from the day it is set." isFlush>
      {markers.length === 0 ? (
        <Empty icon={<Tag size={20} />} title="No markers">
          Add a customer, site or purpose to break down data usage by it.
        </Empty>
      ) : (
        <List>
          {markers.map(({ key, value }) => (
            <ListRow
              key={key}
              icon={<Tag size={15} />}
              title={
                <>
                  {key}:{' '}
                  <Link to="/sims" search={{ marker: `${key}:${value}` }}>
                    {value}
                  </Link>
                </>
              }
              end={
                isAdmin && (
                  <IconAction
                    variant="subtle"
                    color="gray"
                    aria-label={`Remove the marker ${key}`}
                    work={(send) => send(deleteMarker, { iccid, key })}
                    failure="Marker not removed"
                    onDone={keep}
                  >
                    <X size={15} />
                  </IconAction>
                )
              }
            />
          ))}
        </List>
      )}
      {isAdmin && <NewMarker iccid={iccid} onKept={keep} />}
    </Panel>
  )
}

function NewMarker({ iccid, onKept }: { iccid: string; onKept: (answer: { data: Sim[] }) => void }) {
  const [key, setKey] = useState('')
  const [value, setValue] = useState('')
  const form = useSubmission({
    work: (send) => send(putMarker, { iccid, key: key.trim(), value: value.trim() }),
    onDone: (answer) => {
      onKept(answer)
      setKey('')
      setValue('')
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }
  return (
    <form className={classes.marker} onSubmit={submit}>
      <TextInput
        label="Key"
        size="xs"
        w={120}
        placeholder="customer"
        value={key}
        error={form.faults.at('key')}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <TextInput
        label="Value"
        size="xs"
        style={{ flex: 1, minWidth: '8rem' }}
        placeholder="harbour-taxis"
        value={value}
        error={form.faults.at('value')}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Button
        type="submit"
        size="xs"
        variant="default"
        disabled={!key.trim() || !value.trim()}
        loading={form.isPending}
      >
        Set
      </Button>
      <FormAlert form={form} />
    </form>
  )
}
