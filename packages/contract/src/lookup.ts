import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, closed, Fleet, Self, text } from './common.ts'
import { route } from './route.ts'

/** The most identifiers of one look-up. */
export const maxIdentifiers = 1_000

export const Lookup = closed(
  {
    identifiers: T.Array(text(200, { examples: ['MSN-D450-00000012'] }), {
      minItems: 1,
      maxItems: maxIdentifiers,
      description: 'serial numbers, IMEIs, ICCIDs, ids or names of devices, as people write them',
    }),
  },
  { title: 'Lookup' },
)
export type Lookup = Static<typeof Lookup>

/** What an identifier stands for: a device, several that it does not tell apart, or none. */
export const LookedUp = T.Object(
  {
    identifier: T.String({ description: 'as it was asked for' }),
    device: T.Optional(
      T.Object({
        id: T.String({ format: 'uuid' }),
        self: Self,
        name: T.String(),
        serialnumber: T.String(),
      }),
    ),
    ambiguous: T.Optional(T.Literal(true, { description: 'several devices have it' })),
  },
  { title: 'LookedUp' },
)
export type LookedUp = Static<typeof LookedUp>

export const lookUpDevices = route({
  method: 'POST',
  url: '/v1/:fleet/device/lookup',
  config: { scope: 'fleet:read', reach: 'groups', audit: false },
  schema: {
    operationId: 'lookUpDevices',
    summary: 'Find devices by a list of identifiers',
    description:
      'Answers an element for each identifier, in their order. An id is looked for first, then a serial number, an IMEI, an ICCID and a name; letter case, separators in numbers and a missing check digit do not matter.',
    tags: ['Devices'],
    params: Fleet,
    body: Lookup,
    response: answers(LookedUp),
  },
})
