import { NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { type AlertConditionName, alertConditionNames } from '@mason/contract/alert-condition'
import { type NotificationType, notificationTypes } from '@mason/contract/notification'
import type { Faults } from '../api/faults.ts'
import { conditionLabels } from './alert-words.ts'
import { needsOf, type RuleFields } from './rule-fields.ts'

interface WatchedFieldsProps {
  fields: RuleFields
  isNew: boolean
  faults: Faults
  onChange: (change: Partial<RuleFields>) => void
}

const conditions = alertConditionNames.map((value) => ({ value, label: conditionLabels[value] }))

/** What a rule watches: its condition, and what that needs. */
export function WatchedFields({ fields, isNew, faults, onChange }: WatchedFieldsProps) {
  const { needs, takes, subject, hasFilter } = needsOf(fields)
  return (
    <>
      <NativeSelect
        label="Condition"
        data={conditions}
        disabled={!isNew}
        value={fields.condition}
        error={faults.at('condition')}
        onChange={(event) => onChange({ condition: event.currentTarget.value as AlertConditionName })}
      />
      {needs && (
        <NumberInput
          label={needs === 'below' ? 'Below, in percent' : 'Percent of the pool'}
          min={1}
          max={needs === 'below' ? 100 : 1000}
          value={fields.limit}
          error={faults.at(needs)}
          onChange={(limit) => onChange({ limit })}
        />
      )}
      {takes && (
        <NativeSelect
          label="Commands"
          data={[{ value: '', label: 'Any command' }, ...notificationTypes]}
          value={fields.notificationType}
          error={faults.at(takes)}
          onChange={(event) => onChange({ notificationType: event.currentTarget.value as NotificationType | '' })}
        />
      )}
      {hasFilter && (
        <TextInput
          label="Filter"
          placeholder={subject === 'sim' ? 'carrier==manual' : 'group==tills and label.store==12'}
          maxLength={4000}
          value={fields.filter}
          error={faults.at('filter')}
          onChange={(event) => onChange({ filter: event.currentTarget.value })}
        />
      )}
    </>
  )
}
