import type { NotificationData } from '@mantine/notifications'
import { lazy, Suspense, useEffect, useState } from 'react'

const Notifications = lazy(async () => ({ default: (await import('@mantine/notifications')).Notifications }))
let wake = () => {}

/** Says something at the edge of the page. What shows it is loaded with the first word. */
export async function notify(said: NotificationData): Promise<void> {
  wake()
  const { notifications } = await import('@mantine/notifications')
  notifications.show(said)
}

/** Where {@link notify} speaks. */
export function Notices() {
  const [isNeeded, setIsNeeded] = useState(false)
  useEffect(() => {
    wake = () => setIsNeeded(true)
  }, [])
  return <Suspense>{isNeeded && <Notifications position="bottom-right" />}</Suspense>
}
