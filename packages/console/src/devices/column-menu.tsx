import { Button, Checkbox, Popover, Stack } from '@mantine/core'
import { Columns3 } from 'lucide-react'
import { columns } from './columns.tsx'

/** Chooses the columns of the table. */
export function ColumnMenu({ shown, onChange }: { shown: string[]; onChange: (shown: string[]) => void }) {
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus portalProps={{ target: '#over' }}>
      <Popover.Target>
        <Button variant="default" leftSection={<Columns3 size={16} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group value={shown} onChange={onChange} label="Shown columns">
          <Stack gap={8} mt={8}>
            {columns.map(({ id, label }) => (
              <Checkbox key={id} size="xs" value={id} label={label} disabled={id === 'name'} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  )
}
