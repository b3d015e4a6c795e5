import { Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type AlertPreview, previewAlertRule } from '@mason/contract/alert-rule'
import type { Count } from '@mason/contract/count'
import { useQuery } from '@tanstack/react-query'
import { one, read } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { counted } from '../ui/numbers.ts'

const nouns: Readonly<Record<string, [one: string, many: string]>> = {
  device: ['device', 'devices'],
  sim: ['SIM', 'SIMs'],
  deployment: ['roll-out', 'roll-outs'],
  subscription: ['data pool', 'data pools'],
  carrier: ['carrier', 'carriers'],
  webhook: ['webhook', 'webhooks'],
}

interface RulePreviewProps {
  watched: AlertPreview
  subject: string
  isComplete: boolean
}

/** For how many a rule would be open now, as soon as whoever types pauses. */
export function RulePreview({ watched, subject, isComplete }: RulePreviewProps) {
  const [text] = useDebouncedValue(JSON.stringify(watched), 300)
  const preview = useQuery({
    ...read(previewAlertRule, JSON.parse(text) as AlertPreview),
    enabled: isComplete,
    retry: false,
  })
  const failure = isComplete ? preview.error : null
  return (
    <Text size="sm" c={failure ? 'var(--bad)' : 'var(--ink-dim)'} role="status">
      {failure ? messageOf(failure) : sentenceOf(isComplete && preview.data ? one(preview.data) : undefined, subject)}
    </Text>
  )
}

function sentenceOf(known: Count | undefined, subject: string): string {
  if (!known) return '…'
  const [noun, plural] = nouns[subject] ?? ['one', 'ones']
  return `Would alert for ${known.exact ? '' : 'about '}${counted(known.count, noun, plural)} now`
}
