import { MultiSelect } from '@mantine/core'
import { listWebhooks } from '@mason/contract/webhook'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'

interface ToldWebhooksProps {
  value: string[]
  onChange: (ids: string[]) => void
  error: string | undefined
}

/** Chooses the webhooks that get the events of a rule's alerts. */
export function ToldWebhooks({ value, onChange, error }: ToldWebhooksProps) {
  const { data } = useQuery(read(listWebhooks, { limit: 1000 }))
  const choices = (data?.data ?? []).map(({ id, url, description }) => ({ value: id, label: description ?? url }))
  return (
    <MultiSelect
      label="Webhooks"
      placeholder={value.length === 0 ? 'None' : ''}
      data={choices}
      searchable
      maxValues={20}
      nothingFoundMessage="No webhook"
      value={value}
      error={error}
      onChange={onChange}
    />
  )
}
