/** What a connection can do with SIMs. Source: docs/contract.md §12. */
export const carrierAbilities = [
  'activate',
  'suspend',
  'deactivate',
  'list',
  'usage',
  'push',
  'dataLimit',
  'imeiLock',
] as const
export type CarrierAbility = (typeof carrierAbilities)[number]

/** The settings of a SIM that its carrier is told, where it has them; the platform watches them in any case. */
export const carrierSettings = ['dataLimit', 'imeiLock'] as const satisfies readonly CarrierAbility[]
export type CarrierSetting = (typeof carrierSettings)[number]

interface CarrierKind {
  /** What people call it. */
  label: string
  /** The members of its credentials, and what the carrier calls them. */
  credentials: Readonly<Record<string, string>>
  /** Where its API is; none where nobody is called. */
  baseUrl?: string
  /** What it cannot do, and why. */
  limitations: Readonly<Partial<Record<CarrierAbility, string>>>
}

const nobody = 'There is no carrier to ask'
const watched = 'the platform alone watches it'

/** The types of connections. Source: docs/contract.md §12. */
export const carrierTypes = {
  manual: {
    label: 'Manual',
    credentials: {},
    limitations: { list: nobody, usage: nobody, push: nobody, dataLimit: nobody, imeiLock: nobody },
  },
  simulated: {
    label: 'Simulated',
    credentials: {},
    limitations: { list: nobody, usage: nobody, push: nobody },
  },
  '1nce': {
    label: '1NCE',
    credentials: { username: 'User name', password: 'Password' },
    baseUrl: 'https://api.1nce.com/management-api',
    limitations: {
      deactivate: '1NCE SIMs cannot be ended: suspend them',
      dataLimit: `1NCE has one limit for all SIMs of an account: ${watched}`,
    },
  },
  telnyx: {
    label: 'Telnyx',
    credentials: { apiKey: 'API key' },
    baseUrl: 'https://api.telnyx.com/v2',
    limitations: { push: 'Telnyx does not push usage' },
  },
  emnify: {
    label: 'emnify',
    credentials: { applicationToken: 'Application token' },
    baseUrl: 'https://cdn.emnify.net',
    limitations: {
      dataLimit: `A quota of emnify ends on a day and not with each month: ${watched}`,
      imeiLock: `emnify locks to an IMEI with its software version, which changes with every update: ${watched}`,
    },
  },
  soracom: {
    label: 'Soracom',
    credentials: { authKeyId: 'Auth key ID', authKey: 'Auth key' },
    baseUrl: 'https://g.api.soracom.io/v1',
    limitations: {
      push: 'Soracom does not push usage',
      dataLimit: `Soracom has no limit of a SIM, only rules that are kept there: ${watched}`,
    },
  },
} as const satisfies Record<string, CarrierKind>
export type CarrierTypeName = keyof typeof carrierTypes
/** The names of the types. */
export const carrierTypeNames = Object.keys(carrierTypes) as [CarrierTypeName, ...CarrierTypeName[]]

/** A type of connections, whichever it is. */
export const carrierKind = (type: CarrierTypeName): CarrierKind => carrierTypes[type]
