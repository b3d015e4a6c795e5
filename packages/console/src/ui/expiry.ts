import { dayMs } from '@mason/contract/time'
import { useState } from 'react'

/** So many days after the form was opened; nothing for never. Sent again, a form says the same. */
export function useExpiry(days: string): string | undefined {
  const [openedAt] = useState(Date.now)
  return days === '' ? undefined : new Date(openedAt + Number(days) * dayMs).toISOString()
}
