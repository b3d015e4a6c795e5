import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, closed } from './common.ts'
import { route } from './route.ts'
import { Timezone } from './window.ts'

const tags = ['Signing in']

/** How often somebody gets a digest. Source: docs/contract.md §11. */
export const digestPaces = ['off', 'daily', 'weekly'] as const
export type DigestPace = (typeof digestPaces)[number]
const digest = T.Enum(digestPaces, {
  description:
    'how often a mail sums up devices, roll-outs, data and alerts: at 7 in your time zone, else in that of the account, on Mondays if weekly',
})
/** The clocks by which times are told. */
export const clocks = ['24h', '12h'] as const
export type Clock = (typeof clocks)[number]
const clock = T.Enum(clocks, { description: 'whether the Controller tells 3 p.m. as 15:00 or as 3:00 pm' })
const timezone = {
  ...Timezone,
  description: 'IANA time zone in which you are told of times; absent: that of your browser',
}

export const Preferences = T.Object({ digest, timezone: T.Optional(timezone), clock }, { title: 'Preferences' })
export type Preferences = Static<typeof Preferences>

export const PreferencesChange = closed(
  {
    digest: T.Optional(digest),
    timezone: T.Optional(T.Union([timezone, T.Null()], { description: '`null` takes that of your browser' })),
    clock: T.Optional(clock),
  },
  { title: 'PreferencesChange' },
)
export type PreferencesChange = Static<typeof PreferencesChange>

export const getPreferences = route({
  method: 'GET',
  url: '/auth/preferences',
  config: { scope: 'session' },
  schema: {
    operationId: 'getPreferences',
    summary: 'Read what mails you want, and how you are told of times',
    tags: tags,
    response: answers(Preferences),
  },
})

export const updatePreferences = route({
  method: 'POST',
  url: '/auth/preferences',
  config: { scope: 'session' },
  schema: {
    operationId: 'updatePreferences',
    summary: 'Choose what mails you want, and how you are told of times',
    tags: tags,
    body: PreferencesChange,
    response: answers(Preferences),
  },
})
