import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { SearchX, TabletSmartphone } from 'lucide-react'
import { useCan } from '../session/session.ts'
import { Empty } from '../ui/states.tsx'

/** In place of a table without rows: why it is empty and what to do. */
export function NoDevices({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  const can = useCan()
  if (isFiltered)
    return (
      <Empty
        icon={<SearchX size={22} />}
        title="No matching devices"
        action={
          <Button variant="default" size="xs" mt={6} onClick={onClear}>
            Clear search and filters
          </Button>
        }
      >
        Search finds any part of a name, IMEI, ICCID or serial number. One or two characters must be its beginning.
      </Empty>
    )
  return (
    <Empty
      icon={<TabletSmartphone size={22} />}
      title="No devices yet"
      action={
        can('fleet:admin') && (
          <Button component={Link} to="/enrollment" size="xs" mt={6}>
            Enroll first device
          </Button>
        )
      }
    >
      Devices appear here once they enroll with an enrollment token.
    </Empty>
  )
}
