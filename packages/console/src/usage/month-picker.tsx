import { ActionIcon, Group, Text } from '@mantine/core'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { type Month, monthAfter, nameOf, thisMonth } from './month.ts'

/** Goes from month to month, up to this one. */
export function MonthPicker({ month, onChange }: { month: Month; onChange: (month: Month) => void }) {
  return (
    <Group gap={4} wrap="nowrap">
      <ActionIcon
        variant="default"
        size={32}
        aria-label="Previous month"
        onClick={() => onChange(monthAfter(month, -1))}
      >
        <ChevronLeft size={16} />
      </ActionIcon>
      <Text size="sm" fw={500} ta="center" miw={124} role="status">
        {nameOf(month)}
      </Text>
      <ActionIcon
        variant="default"
        size={32}
        aria-label="Next month"
        disabled={month >= thisMonth()}
        onClick={() => onChange(monthAfter(month))}
      >
        <ChevronRight size={16} />
      </ActionIcon>
    </Group>
  )
}
