import { createApiKey } from '@mason/contract/apikey'
import { createEnrollment } from '@mason/contract/enrollment'
import { exportFilters } from '@mason/contract/export'
import type { Route } from '@mason/contract/route'
import { inviteUser } from '@mason/contract/user'
import type { Platform, TestAccount } from './harness.ts'
import {
  customerOf,
  type Make,
  makeBuiltProject,
  newAlertRule,
  newDeployment,
  newSchedule,
  newUpload,
  newUser,
  newWebhook,
} from './makers.ts'
import { plainPerson } from './route-sessions.ts'
import { fullest, smallest } from './schema-values.ts'
import { newIccid, uniqueWord } from './unique.ts'
import { password, tokenIn } from './users.ts'

const linkToken = async (_platform: Platform, { call }: TestAccount) =>
  tokenIn((await call(inviteUser, newUser())).data[0]?.link)

async function newCliUpload(account: TestAccount) {
  const { sha1, sha256: _, ...upload } = await newUpload(account)
  return { ...upload, checksum: { sha1 }, apk: { packageName: upload.name, versionCode: '1', versionName: '1.0' } }
}

/** Bodies that succeed, by operationId, of the routes whose schema alone does not tell one. */
const filtersOfOtherKinds = Object.fromEntries(
  Object.values(exportFilters)
    .flatMap((filters) => Object.keys(filters))
    .filter((name) => !Object.hasOwn(exportFilters.device, name))
    .map((name) => [name, undefined]),
)

const bodies: Readonly<Record<string, Make<unknown>>> = {
  acceptLink: async (platform, account) => ({ token: await linkToken(platform, account), password }),
  readLink: async (platform, account) => ({ token: await linkToken(platform, account) }),
  signIn: async (platform) => ({ email: (await plainPerson(platform)).email, password, account: undefined }),
  requestPasswordGrant: async (platform) => ({
    username: (await plainPerson(platform)).email,
    password,
    grant_type: 'password',
  }),
  requestToken: async (_platform, { call }) => {
    const { data } = await call(createApiKey, { name: 'client', scopes: ['fleet:read'] })
    return {
      grant_type: 'client_credentials',
      client_id: data[0]?.id,
      client_secret: data[0]?.key,
      scope: 'fleet:read',
    }
  },
  // A preset stands in place of scopes.
  inviteUser: async () => ({ ...newUser(), preset: undefined }),
  updateUser: async () => ({ name: 'Ada Lovelace', scopes: ['user:read'], preset: undefined }),
  createApiKey: async () => ({ name: 'night', scopes: ['key:read'], expiresAt: '2999-01-01T00:00:00Z' }),
  createEnrollment: async () => ({
    ...{ group: 'unassigned', expiresAt: '2999-01-01T00:00:00Z', kind: 'headwind' },
    apk: { url: 'https://files.invalid/agent.apk', checksum: 'A'.repeat(43), checksumOf: 'file' },
    wifi: { ssid: 'shop', password: 'for the tills', security: 'WPA' },
  }),
  createGroup: async () => ({ name: uniqueWord('group'), description: 'in the lobby' }),
  createExport: async () => ({
    kind: 'device',
    format: 'ndjson',
    ...filtersOfOtherKinds,
  }),
  // To a group, so neither to a view nor to a filter.
  createDeployment: async (_platform, account) => ({
    ...(await newDeployment(account)),
    ...{ view: undefined, filter: undefined },
  }),
  deployByCli: async (platform, account) => {
    const { rollout: _, ...fields } = await newDeployment(account)
    return { ...fields, customer: await customerOf(platform, account) }
  },
  updateAccount: async () => ({
    totpRequired: false,
    timezone: 'Europe/Paris',
    xrayReasonRequired: false,
    xrayShellsRecorded: false,
  }),
  updateDeployment: async () => ({ state: 'paused' }),
  createProject: async () => ({ name: uniqueWord('project') }),
  createBuild: async () => ({ version: '1' }),
  createUpload: async () => ({ type: 'apk' }),
  createArtifact: async (_platform, account) => newUpload(account),
  registerCliArtifact: async (_platform, account) => newCliUpload(account),
  startCliBuild: async (platform, account) => ({ project: await makeBuiltProject(platform, account), version: '1' }),
  enroll: async (_platform, { call }) => ({
    token: (await call(createEnrollment)).data[0]?.token,
    serialnumber: uniqueWord('SN'),
    family: 'D450',
    bootId: 'boot-1',
  }),
  // Members of the other type.
  changeSubscription: async () => ({
    type: 'device_data_pool',
    perDevice: 500_000_000,
    ...{ value: undefined, target: undefined },
  }),
  // Parameters of other conditions.
  createAlertRule: async () => ({
    ...newAlertRule(),
    percent: undefined,
    notificationType: undefined,
    notify: undefined,
  }),
  updateAlertRule: async () => ({ below: 9, percent: undefined, notificationType: undefined, notify: undefined }),
  previewAlertRule: async () => ({
    condition: 'device.battery',
    below: 10,
    percent: undefined,
    notificationType: undefined,
  }),
  createSchedule: async () => newSchedule(),
  updateSchedule: async () => ({ ...newSchedule(), enabled: false }),
  createWebhook: async () => newWebhook(),
  updateWebhook: async () => ({ ...newWebhook(), filter: 'group==tills', enabled: true }),
  replayWebhook: async () => ({ since: '2026-11-01T00:00:00Z', until: '2026-11-02T00:00:00Z', types: undefined }),
  createCarrier: async () => ({
    ...{ type: 'simulated', name: uniqueWord('carrier').toLowerCase() },
    ...{ credentials: undefined, options: { importSims: true } },
  }),
  updateCarrier: async () => ({ credentials: undefined, options: { importSims: true, syncMinutes: 60 } }),
  registerSim: async () => ({ iccid: newIccid() }),
  ingestUsage: async () => ({
    records: [
      {
        id: 'cdr-1',
        iccid: newIccid(),
        start: '2026-11-01T00:00:00Z',
        end: '2026-11-01T01:00:00Z',
        upload: 1,
        download: 2,
      },
    ],
  }),
  updateSim: async () => ({ state: 'active' }),
  notifyDevice: async () => ({ type: 'refresh' }),
  notifyDevices: async () => ({ type: 'refresh', target: { filter: { online: true } } }),
  updateDevice: async () => ({ group: 'unassigned' }),
  bulkDevices: async () => ({
    target: { filter: { n: 'nobody is called so' } },
    change: { group: 'unassigned' },
    dryRun: false,
    expect: undefined,
  }),
  bulkSims: async () => ({
    target: { filter: {} },
    change: { markers: { customer: 'acme' } },
    dryRun: false,
    expect: undefined,
  }),
  createView: async () => ({
    name: uniqueWord('view'),
    kind: 'device',
    filter: 'name==x',
    shared: false,
    sort: 'name',
  }),
  updateView: async () => ({ name: uniqueWord('view'), sort: '-name', shared: true, filter: 'name==y' }),
  lookUpDevices: async () => ({ identifiers: ['SN-1'] }),
}

/** The JSON text of a body with which the route succeeds; undefined for one that takes none. */
export async function makeBody(platform: Platform, account: TestAccount, route: Route): Promise<string | undefined> {
  const known = await bodies[route.schema.operationId]?.(platform, account)
  if (known !== undefined) return JSON.stringify(known)
  return route.schema.body && JSON.stringify(smallest(route.schema.body))
}

/** A body with every member that the route knows. */
export async function makeFullBody(platform: Platform, account: TestAccount, route: Route): Promise<unknown> {
  const known = await bodies[route.schema.operationId]?.(platform, account)
  if (!route.schema.body) return known
  return { ...(fullest(route.schema.body) as object), ...(known as object | undefined) }
}
