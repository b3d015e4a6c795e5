import type { AgentApk, NewEnrollment, SetUpWifi } from '@mason/contract/enrollment'
import type { Db } from '../../core/db/database.ts'
import { invalid } from '../../core/errors.ts'

/** What an agent's APK is that lies in the registry. */
interface RegisteredApk {
  sha256: string
  /** Where whoever has it may download it, until then. */
  url: string
}

/** What goes into the QR codes that new Android devices scan. */
export interface QrSettings {
  serverUrl: string
  /** The platform's own agent for Android. */
  component: string
  downloadUrl: string | undefined
  checksum: string | undefined
  findApk(db: Db, accountId: string, name: string, version: string, until: Date): Promise<RegisteredApk | undefined>
}

/** The packages of agents that others make. */
const agentPackages = { headwind: 'com.hmdm.launcher', mdmesh: 'com.mdmesh.agent' } as const

const receivers = {
  headwind: 'com.hmdm.launcher/com.hmdm.launcher.AdminReceiver',
  mdmesh: 'com.mdmesh.agent/com.mdmesh.agent.admin.AdminReceiver',
} as const

/** The JSON of Android's managed provisioning by QR code. Source: android.app.admin.DevicePolicyManager. */
interface Provisioning {
  component: string
  apk: Extract<AgentApk, { url: string }> & { keepsSystemApps?: boolean }
  wifi: SetUpWifi | undefined
  extras: Record<string, string>
}

const extra = 'android.app.extra.PROVISIONING'

function provision({ component, apk, wifi, extras }: Provisioning): string {
  return JSON.stringify({
    [`${extra}_DEVICE_ADMIN_COMPONENT_NAME`]: component,
    [`${extra}_DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION`]: apk.url,
    [`${extra}_DEVICE_ADMIN_${apk.checksumOf === 'file' ? 'PACKAGE' : 'SIGNATURE'}_CHECKSUM`]: apk.checksum,
    ...(wifi && {
      [`${extra}_WIFI_SSID`]: wifi.ssid,
      ...(wifi.password !== undefined && { [`${extra}_WIFI_PASSWORD`]: wifi.password }),
      [`${extra}_WIFI_SECURITY_TYPE`]: wifi.security ?? (wifi.password === undefined ? 'NONE' : 'WPA'),
    }),
    ...(apk.keepsSystemApps && { [`${extra}_LEAVE_ALL_SYSTEM_APPS_ENABLED`]: true }),
    [`${extra}_ADMIN_EXTRAS_BUNDLE`]: extras,
  })
}

/** What is shown once beside the token: how a device is set up with it, and what is missing for a QR code. */
interface SetUp {
  qr?: string
  qrMissing?: string[]
  setup?: { server: string }
}

/** The project, as Headwind's agent calls the path of its server, that a token opens. */
export const headwindProject = (secret: string) => `hw-${secret}`

export async function setUpOf(
  db: Db,
  accountId: string,
  token: string,
  input: NewEnrollment,
  settings: QrSettings,
  until: Date,
): Promise<SetUp> {
  const { kind = 'mason', wifi } = input
  const { serverUrl } = settings
  if (kind === 'mason') return ownSetUp(token, settings, wifi)
  const setup = { server: kind === 'headwind' ? `${serverUrl}/${headwindProject(token)}` : serverUrl }
  const apk = await findApk(db, accountId, { ...input, kind }, settings, until)
  if (!apk) return { qrMissing: ['apk'], setup }
  const extras: Record<string, string> =
    kind === 'headwind'
      ? {
          'com.hmdm.BASE_URL': serverUrl,
          'com.hmdm.SERVER_PROJECT': headwindProject(token),
          'com.hmdm.DEVICE_ID_USE': 'serial',
        }
      : { 'com.mdmesh.SERVER_URL': serverUrl, 'com.mdmesh.ENROLL_TOKEN': token }
  return { qr: provision({ component: receivers[kind], apk, wifi, extras }), setup }
}

function ownSetUp(
  token: string,
  { serverUrl, component, downloadUrl, checksum }: QrSettings,
  wifi: SetUpWifi | undefined,
): SetUp {
  if (downloadUrl === undefined || checksum === undefined)
    return {
      qrMissing: [
        ...(downloadUrl === undefined ? ['ANDROID_AGENT_URL'] : []),
        ...(checksum === undefined ? ['ANDROID_AGENT_CHECKSUM'] : []),
      ],
    }
  const apk = { url: downloadUrl, checksum, checksumOf: 'certificate' as const }
  return { qr: provision({ component, apk, wifi, extras: { server: serverUrl, token } }) }
}

type ForeignAgent = Omit<NewEnrollment, 'kind'> & { kind: keyof typeof agentPackages }

async function findApk(
  db: Db,
  accountId: string,
  { kind, apk }: ForeignAgent,
  settings: QrSettings,
  until: Date,
): Promise<Provisioning['apk'] | undefined> {
  if (!apk) return undefined
  if ('url' in apk) return { checksumOf: kind === 'mdmesh' ? 'certificate' : 'file', keepsSystemApps: true, ...apk }
  const found = await settings.findApk(db, accountId, agentPackages[kind], apk.version, until)
  if (!found) throw invalid('/apk/version', `is no version of ${agentPackages[kind]} in the registry`)
  const checksum = Buffer.from(found.sha256, 'hex').toString('base64url')
  return { url: found.url, checksum, checksumOf: 'file', keepsSystemApps: true }
}
