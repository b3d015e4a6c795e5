import type { Static } from 'typebox'
import * as T from 'typebox'
import { Bytes, closed, Time } from './common.ts'
import { maxWrittenLength } from './identifiers.ts'

/** A free word that a device reports: at most 200 characters. */
export const word = T.String({ maxLength: 200 })
const macAddress = T.String({ maxLength: 64, examples: ['02:00:5e:10:00:01'] })

/** The data usage of a period, by kind of network; in bytes. */
export const UsageCycle = closed(
  {
    startTime: Time,
    endTime: Time,
    usages: T.Array(closed({ type: T.Enum(['wifi', 'mobile']), bytesReceived: Bytes, bytesSent: Bytes }), {
      maxItems: 10,
    }),
  },
  { title: 'UsageCycle' },
)
const usageCycles = T.Array(UsageCycle, { maxItems: 400 })

export const SimReport = closed(
  {
    carrier: T.Optional(word),
    countryiso: T.Optional(word),
    iccid: T.Optional(T.String({ format: 'iccid', maxLength: maxWrittenLength, examples: ['8988303000000614224'] })),
    mcc: T.Optional(T.String({ maxLength: 3, examples: ['901'] })),
    mnc: T.Optional(T.String({ maxLength: 3, examples: ['28'] })),
  },
  { title: 'SimReport' },
)

export const Connection = closed(
  {
    bluetooth: T.Optional(
      closed({
        enabled: T.Optional(T.Boolean()),
        macAddress: T.Optional(macAddress),
        name: T.Optional(word),
        pairedDevices: T.Optional(T.Array(word, { maxItems: 500 })),
      }),
    ),
    sim: T.Optional(T.Array(SimReport, { maxItems: 8 })),
    wifi: T.Optional(
      closed({
        adapterMacAddress: T.Optional(macAddress),
        bssid: T.Optional(macAddress),
        enabled: T.Optional(T.Boolean()),
        ipaddress: T.Optional(T.String({ maxLength: 64 })),
        ssid: T.Optional(word),
      }),
    ),
    dataUsage: T.Optional(
      closed({
        appsDataUsage: T.Optional(
          T.Array(
            closed({
              packageNames: T.Array(T.String({ maxLength: 255 }), { maxItems: 500 }),
              uid: T.Union([T.Integer({ minimum: 0, maximum: 2 ** 31 }), T.String({ maxLength: 40 })]),
              usageCycles,
            }),
            { maxItems: 5000 },
          ),
        ),
        usageCycles: T.Optional(usageCycles),
      }),
    ),
  },
  { title: 'Connection' },
)
export type Connection = Static<typeof Connection>
