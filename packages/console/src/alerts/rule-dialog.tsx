import { Group, NativeSelect, NumberInput, TagsInput, TextInput } from '@mantine/core'
import { type AlertSeverity, alertSeverities } from '@mason/contract/alert-condition'
import { type AlertRule, createAlertRule, updateAlertRule } from '@mason/contract/alert-rule'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { changeOf, emptyRule, fieldsOf, needsOf, newRuleOf, type RuleFields, watchedBy } from './rule-fields.ts'
import { RulePreview } from './rule-preview.tsx'
import { ToldWebhooks } from './told-webhooks.tsx'
import { WatchedFields } from './watched-fields.tsx'

interface RuleDialogProps {
  /** The one that is changed; without it one is made. */
  rule?: AlertRule
  onClose: () => void
}

/** Creates an alert rule, or changes one, and says for how many it would be open now. */
export function RuleDialog({ rule, onClose }: RuleDialogProps) {
  const queryClient = useQueryClient()
  const [fields, setFields] = useState(rule ? fieldsOf(rule) : emptyRule)
  const set = (change: Partial<RuleFields>) => setFields((known) => ({ ...known, ...change }))
  const { subject, isComplete } = needsOf(fields)
  const form = useSubmission({
    work: (send) =>
      rule
        ? send(updateAlertRule, { id: rule.id, body: changeOf(fields) })
        : send(createAlertRule, { body: newRuleOf(fields) }),
    onDone: () => {
      void queryClient.invalidateQueries({ queryKey: ['listAlertRules'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={rule ? 'Edit alert rule' : 'New alert rule'}
      form={form}
      action={rule ? 'Save' : 'Create rule'}
      isReady={fields.name.trim() !== '' && isComplete}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        placeholder="Tills are offline"
        data-autofocus
        maxLength={100}
        value={fields.name}
        error={form.faults.at('name')}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <WatchedFields fields={fields} isNew={!rule} faults={form.faults} onChange={set} />
      <RulePreview watched={watchedBy(fields)} subject={subject} isComplete={isComplete} />
      <Group grow align="start">
        <NumberInput
          label="Minutes it must hold"
          min={0}
          max={43_200}
          value={fields.minutes}
          error={form.faults.at('for')}
          onChange={(minutes) => set({ minutes })}
        />
        <NativeSelect
          label="Severity"
          data={[...alertSeverities]}
          value={fields.severity}
          error={form.faults.at('severity')}
          onChange={(event) => set({ severity: event.currentTarget.value as AlertSeverity })}
        />
      </Group>
      <TagsInput
        label="Mail to"
        placeholder={fields.emails.length === 0 ? 'ops@example.com' : ''}
        maxTags={20}
        value={fields.emails}
        error={form.faults.at('notify/emails')}
        onChange={(emails) => set({ emails })}
      />
      <ToldWebhooks
        value={fields.webhooks}
        error={form.faults.at('notify/webhooks')}
        onChange={(webhooks) => set({ webhooks })}
      />
    </FormDialog>
  )
}
