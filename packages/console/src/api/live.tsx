import type { Event } from '@mason/contract/event'
import { type Query, type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, use, useEffect, useEffectEvent, useState } from 'react'
import { useHasEnded } from '../session/ended.ts'
import { followEvents, type StreamState } from './event-stream.ts'
import { isFarBack } from './renewal.ts'

/** Reads are renewed by events this often at most, however much happens; by the first of them at once. */
const restMs = 800
/** Reads that nothing but events renews. */
const renewedByEventsAlone = [['getDevice']]

type Listener = (event: Event) => void
interface Live {
  state: StreamState
  listeners: Set<Listener>
}

const LiveContext = createContext<Live>({ state: 'connecting', listeners: new Set() })

/** One stream of events for the whole page: it renews what an event concerns, and hands events to whoever listens. */
export function LiveEvents({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const [state, setState] = useState<StreamState>('connecting')
  const hasSessionEnded = useHasEnded()
  const [listeners] = useState(() => new Set<Listener>())

  useEffect(() => {
    if (hasSessionEnded) return
    const stop = new AbortController()
    const renewal = renewing(queryClient)
    void followEvents({
      signal: stop.signal,
      onState: setState,
      onBegin: () => renewedByEventsAlone.forEach(renewal.add),
      onGap: () => void queryClient.invalidateQueries(),
      onEvent: (event) => {
        for (const listener of listeners) listener(event)
        for (const key of concernedBy(event)) renewal.add(key)
      },
    })
    return () => {
      stop.abort()
      renewal.stop()
    }
  }, [queryClient, listeners, hasSessionEnded])

  return <LiveContext value={{ state, listeners }}>{children}</LiveContext>
}

/** Whether events arrive as they happen. */
export const useStreamState = () => use(LiveContext).state

/** Calls back for every event while the component is shown. */
export function useEvents(listener: Listener): void {
  const { listeners } = use(LiveContext)
  const heard = useEffectEvent(listener)
  useEffect(() => {
    const entry: Listener = (event) => heard(event)
    listeners.add(entry)
    return () => void listeners.delete(entry)
  }, [listeners])
}

/** The beginnings of the keys of reads that an event makes out of date. What is not among them is renewed soon anyway. */
function concernedBy({ type, subject, data }: Event): string[][] {
  const [kind = ''] = type.split('.')
  return [['listEvents'], ...(concerned[kind]?.(subject.id, data) ?? [])]
}

/** By the first word of a type. */
const concerned: Record<string, (id: string, data: Event['data']) => string[][]> = {
  account: () => [['getCurrentSession']],
  alert: () => [['listAlerts'], ['countAlerts'], ['listAlertRules']],
  artifact: () => [['listVersions'], ['listArtifacts']],
  build: () => [['listProjects'], ['getProject'], ['listBuilds']],
  carrier: (id) => [['listCarriers'], ['getCarrier', id]],
  deployment: (id) => [['listDeployments'], ['getDeployment', id]],
  device: (id) => [['getSummary'], ['getDevice', id], ['listNotifications']],
  group: (id) => [['listGroups'], ['getGroup', id], ['getSummary']],
  key: () => [['listApiKeys']],
  notification: (_, { batch }) => [['listNotifications'], ['getBatch', String(batch)]],
  pool: () => [['getSubscription']],
  schedule: (id) => [['listSchedules'], ['getSchedule', id]],
  sim: (id) => [['listSims'], ['getSim', id]],
  subscription: () => [['getSubscription'], ['listSubscriptionHistory']],
  user: () => [['getCurrentSession'], ['listUsers']],
  webhook: (id) => [['listWebhooks'], ['getWebhook', id]],
  xray: (id) => [['listXraySessions'], ['getXraySession', id]],
}

function renewing(queryClient: QueryClient) {
  const due = new Map<string, string[]>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let isRested = true
  const renew = () => {
    for (const [key, [operation, id]] of due) {
      const predicate = ({ queryKey: [name, input], state }: Query) =>
        name === operation && (id === undefined || Object.values(input ?? {}).includes(id)) && !isFarBack(state.data)
      // What is being read is not begun anew, or a slow read would never end while much happens: it has another turn.
      if (queryClient.isFetching({ predicate }) === 0) due.delete(key)
      void queryClient.invalidateQueries({ predicate }, { cancelRefetch: false })
    }
    isRested = false
    timer = setTimeout(rest, restMs)
  }
  const rest = () => {
    timer = undefined
    isRested = true
    if (due.size > 0) renew()
  }
  return {
    add: (key: string[]) => {
      due.set(key.join(' '), key)
      // Events that came together are one turn.
      if (isRested) timer ??= setTimeout(renew)
    },
    stop: () => clearTimeout(timer),
  }
}
