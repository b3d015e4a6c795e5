import type { NotificationData } from '@mantine/notifications'
import { lazy, Suspense, useEffect, useState } from 'react'
import { messageOf } from '../api/faults.ts'

const Notifications = lazy(async () => ({ default: (await import('@mantine/notifications')).Notifications }))
let wake = () => {}

/** Says something at the edge of the page. What shows it is loaded with the first word. */
export async function notify(said: NotificationData): Promise<void> {
  wake()
  const { notifications } = await import('@mantine/notifications')
  notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, ...said })
}

/** Says that something failed, and why, until that is read. */
export const notifyFailure = (title: string, error: unknown): void =>
  void notify({ color: 'red', title, message: messageOf(error), autoClose: false })

/** Where {@link notify} speaks. */
export function Notices() {
  const [isNeeded, setIsNeeded] = useState(false)
  useEffect(() => {
    wake = () => setIsNeeded(true)
  }, [])
  return <Suspense>{isNeeded && <Notifications position="bottom-right" />}</Suspense>
}
