import { useState } from 'react'

const dayMs = 86_400_000

/** So many days after the form was opened; nothing for never. Sent again, a form says the same. */
export function useExpiry(days: string): string | undefined {
  const [openedAt] = useState(Date.now)
  return days === '' ? undefined : new Date(openedAt + Number(days) * dayMs).toISOString()
}
