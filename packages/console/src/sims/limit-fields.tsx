import { NumberInput, Radio, Stack } from '@mantine/core'
import type { DataLimit } from '@mason/contract/sim'
import type { Faults } from '../api/faults.ts'

const megabyte = 1_000_000

/** A limit as it is typed. */
export interface LimitValues {
  megabytes: number | string
  action: DataLimit['action']
}

export const valuesOf = (limit: DataLimit | undefined): LimitValues => ({
  megabytes: limit ? limit.bytes / megabyte : '',
  action: limit?.action ?? 'alert',
})

/** The limit that was typed; nothing where there is none. */
export const limitOf = ({ megabytes, action }: LimitValues): DataLimit | undefined =>
  Number(megabytes) > 0 ? { bytes: Math.round(Number(megabytes) * megabyte), action } : undefined

interface LimitFieldsProps {
  values: LimitValues
  faults: Faults
  /** Where a refusal names the limit. */
  prefix: string
  onChange: (values: LimitValues) => void
}

/** How much SIMs may use in a month, and what happens then. */
export function LimitFields({ values, faults, prefix, onChange }: LimitFieldsProps) {
  return (
    <>
      <NumberInput
        label="Megabytes"
        description="1 MB is 1,000,000 bytes. Upload and download count together."
        data-autofocus
        min={0}
        value={values.megabytes}
        error={faults.at(`${prefix}/bytes`)}
        onChange={(megabytes) => onChange({ ...values, megabytes })}
      />
      <Radio.Group
        label="When reached"
        value={values.action}
        error={faults.at(`${prefix}/action`)}
        onChange={(action) => onChange({ ...values, action: action as DataLimit['action'] })}
      >
        <Stack gap={8} mt={8}>
          <Radio value="alert" label="Alert me" />
          <Radio value="suspend" label="Alert me and suspend the SIM" />
        </Stack>
      </Radio.Group>
    </>
  )
}
