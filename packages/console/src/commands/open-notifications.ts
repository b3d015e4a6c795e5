import { listNotifications, type Notification } from '@mason/contract/notification'
import { queryOptions } from '@tanstack/react-query'
import { call } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'

const openStates = ['queued', 'sent', 'acknowledged'] as const

/** The newest commands that have not come to an end, at most a hundred of each state. */
export const openNotifications = queryOptions({
  queryKey: ['listNotifications', { open: true }],
  queryFn: async ({ signal }): Promise<Notification[]> => {
    const pages = await Promise.all(
      openStates.map((state) => call(listNotifications, { state, limit: 100, before: endOfIds }, { signal })),
    )
    return pages.flatMap(({ data }) => data).sort((a, b) => (a.id < b.id ? 1 : -1))
  },
})
