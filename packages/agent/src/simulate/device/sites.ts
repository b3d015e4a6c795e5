/** A mobile network as a SIM reports it. */
interface Carrier {
  name: string
  countryiso: string
  /** Mobile country and network code. Source: ITU-T E.212. */
  mcc: string
  mnc: string
  /** The prefix of its ICCIDs: 89, country code, issuer. Source: ITU-T E.118. */
  iccidPrefix: string
}

/** A location of simulated devices, and its mobile networks. */
export interface Site {
  city: string
  latitude: number
  longitude: number
  /** Its IANA time zone. */
  timezone: string
  carriers: readonly [Carrier, ...Carrier[]]
}

const telekom: Carrier = { name: 'Telekom.de', countryiso: 'de', mcc: '262', mnc: '01', iccidPrefix: '894902' }
const vodafoneDe: Carrier = { name: 'Vodafone.de', countryiso: 'de', mcc: '262', mnc: '02', iccidPrefix: '894920' }
const ee: Carrier = { name: 'EE', countryiso: 'gb', mcc: '234', mnc: '30', iccidPrefix: '894412' }
const vodafoneUk: Carrier = { name: 'vodafone UK', countryiso: 'gb', mcc: '234', mnc: '15', iccidPrefix: '894410' }
const orange: Carrier = { name: 'Orange F', countryiso: 'fr', mcc: '208', mnc: '01', iccidPrefix: '893301' }
const tMobile: Carrier = { name: 'T-Mobile', countryiso: 'us', mcc: '310', mnc: '260', iccidPrefix: '8901260' }
const att: Carrier = { name: 'AT&T', countryiso: 'us', mcc: '310', mnc: '410', iccidPrefix: '8901410' }

/** The locations of simulated devices. */
export const sites: readonly [Site, ...Site[]] = [
  { city: 'berlin', latitude: 52.52, longitude: 13.405, timezone: 'Europe/Berlin', carriers: [telekom, vodafoneDe] },
  { city: 'hamburg', latitude: 53.551, longitude: 9.994, timezone: 'Europe/Berlin', carriers: [telekom, vodafoneDe] },
  { city: 'london', latitude: 51.507, longitude: -0.128, timezone: 'Europe/London', carriers: [ee, vodafoneUk] },
  { city: 'leeds', latitude: 53.801, longitude: -1.549, timezone: 'Europe/London', carriers: [ee, vodafoneUk] },
  { city: 'lyon', latitude: 45.764, longitude: 4.836, timezone: 'Europe/Paris', carriers: [orange] },
  { city: 'austin', latitude: 30.267, longitude: -97.743, timezone: 'America/Chicago', carriers: [tMobile, att] },
  { city: 'chicago', latitude: 41.878, longitude: -87.63, timezone: 'America/Chicago', carriers: [tMobile, att] },
]
