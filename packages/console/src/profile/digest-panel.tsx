import { Radio, Stack, Text } from '@mantine/core'
import { getSignInMethods } from '@mason/contract/auth'
import { type DigestPace, digestPaces, getPreferences, updatePreferences } from '@mason/contract/preferences'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one, read } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { FormAlert } from '../ui/form-alert.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'

const labels: Readonly<Record<DigestPace, string>> = { off: 'Never', daily: 'Every day', weekly: 'Every Monday' }

/** How often one gets a mail that sums everything up. */
export function DigestPanel() {
  const queryClient = useQueryClient()
  const preferences = useQuery(read(getPreferences, {}))
  const methods = useQuery(read(getSignInMethods, {}))
  const [chosen, setChosen] = useState<DigestPace>()
  const form = useSubmission({
    work: (send, digest: DigestPace) => send(updatePreferences, { digest }),
    onDone: async () => {
      await queryClient.invalidateQueries({ queryKey: ['getPreferences'] })
      setChosen(undefined)
    },
    onFailed: () => setChosen(undefined),
  })
  const hasMail = methods.data === undefined || one(methods.data).mail
  return (
    <Panel title="Digest">
      <QueryView query={preferences}>
        {(answer) => (
          <Stack gap="sm">
            <Radio.Group
              label="Devices, roll-outs, data and alerts in one mail"
              value={chosen ?? one(answer).digest}
              onChange={(value) => {
                if (form.isPending) return
                setChosen(value as DigestPace)
                form.submit(value as DigestPace)
              }}
            >
              <Stack gap={8} mt={8}>
                {digestPaces.map((pace) => (
                  <Radio key={pace} value={pace} label={labels[pace]} />
                ))}
              </Stack>
            </Radio.Group>
            {!hasMail && (
              <Text size="sm" c="var(--ink-dim)">
                No mail server is configured, so nothing is sent.
              </Text>
            )}
            <FormAlert form={form} />
          </Stack>
        )}
      </QueryView>
    </Panel>
  )
}
