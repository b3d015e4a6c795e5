import { Group, NumberInput, TagsInput, Text } from '@mantine/core'
import { useState } from 'react'
import type { Faults } from '../api/faults.ts'

/** How a roll-out spreads step by step, as it is typed. With a window, a step may have to wait for days. */
export function useRollOut(hasWindow: boolean) {
  const [steps, setSteps] = useState(['5', '25', '100'])
  const [soakMinutes, setSoakMinutes] = useState<number | string>(30)
  const [maxFailurePercent, setMaxFailurePercent] = useState<number | string>(10)
  const [minSuccessPercent, setMinSuccessPercent] = useState<number | string>(50)
  const [typedHours, setTimeoutHours] = useState<number | string>()
  const timeoutHours = typedHours ?? (hasWindow ? 192 : 24)
  return {
    typed: { steps, soakMinutes, maxFailurePercent, minSuccessPercent, timeoutHours },
    setSteps,
    setSoakMinutes,
    setMaxFailurePercent,
    setMinSuccessPercent,
    setTimeoutHours,
    rollout: {
      steps: [...new Set([...steps.map(Number), 100])].toSorted((a, b) => a - b),
      soakMinutes: Number(soakMinutes),
      maxFailurePercent: Number(maxFailurePercent),
      minSuccessPercent: Number(minSuccessPercent),
      stepTimeoutMinutes: Number(timeoutHours) * 60,
    },
  }
}

export function RollOutFields({ plan, faults }: { plan: ReturnType<typeof useRollOut>; faults: RollOutFaults }) {
  const { steps, soakMinutes, maxFailurePercent, minSuccessPercent, timeoutHours } = plan.typed
  return (
    <>
      <TagsInput
        label="Steps (% of the devices)"
        value={steps}
        error={faults.steps}
        onChange={(next) => plan.setSteps(next.filter((text) => /^([1-9]\d?|100)$/.test(text)))}
      />
      <Group grow align="flex-start">
        <NumberInput
          label="Wait after success"
          suffix=" min"
          min={0}
          max={525_600}
          allowDecimal={false}
          value={soakMinutes}
          error={faults.soakMinutes}
          onChange={plan.setSoakMinutes}
        />
        <NumberInput
          label="Failure limit"
          suffix="%"
          min={0}
          max={100}
          allowDecimal={false}
          value={maxFailurePercent}
          error={faults.maxFailurePercent}
          onChange={plan.setMaxFailurePercent}
        />
      </Group>
      <Group grow align="flex-start">
        <NumberInput
          label="Required successes"
          suffix="%"
          min={0}
          max={100}
          allowDecimal={false}
          value={minSuccessPercent}
          error={faults.minSuccessPercent}
          onChange={plan.setMinSuccessPercent}
        />
        <NumberInput
          label="Step time limit"
          suffix=" h"
          min={1}
          max={8_760}
          allowDecimal={false}
          value={timeoutHours}
          error={faults.stepTimeoutMinutes}
          onChange={plan.setTimeoutHours}
        />
      </Group>
      <Text size="xs" c="dimmed">
        The next step starts once enough devices have succeeded and the wait is over. The roll-out pauses when too many
        fail, or when a step reaches its time limit.
      </Text>
    </>
  )
}

type RollOutFaults = ReturnType<typeof rollOutFaults>

/** What was wrong with these fields. */
export const rollOutFaults = (faults: Faults) => ({
  soakMinutes: faults.at('rollout/soakMinutes'),
  maxFailurePercent: faults.at('rollout/maxFailurePercent'),
  minSuccessPercent: faults.at('rollout/minSuccessPercent'),
  stepTimeoutMinutes: faults.at('rollout/stepTimeoutMinutes'),
  steps: faults.at('rollout'),
})
