import { hash } from 'node:crypto'
import { createApiKey } from '@mason/contract/apikey'
import type { Checkin } from '@mason/contract/checkin'
import { createDeployment, type NewDeployment } from '@mason/contract/deployment'
import { createEnrollment } from '@mason/contract/enrollment'
import { createExport, getExport } from '@mason/contract/export'
import { createGroup } from '@mason/contract/group'
import { withLuhnDigit } from '@mason/contract/identifiers'
import { notifyDevice, notifyDevices } from '@mason/contract/notification'
import type { Route } from '@mason/contract/route'
import { registerSim } from '@mason/contract/sim'
import { changeSubscription, listSubscriptionHistory } from '@mason/contract/subscription'
import { inviteUser } from '@mason/contract/user'
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { makeApk } from './apk/make.ts'
import { buildProject, registerApk, uploadBytes } from './artifacts.ts'
import { eventually } from './eventually.ts'
import { newDevice } from './factories.ts'
import type { Platform, TestAccount } from './harness.ts'
import { Browser, codeOf, enrollTotp, newPerson, type Person, password, tokenIn } from './people.ts'

type Make<T> = (platform: Platform, account: TestAccount) => Promise<T>

/** A word that occurs nowhere else, to be looked for in what others are shown. */
export const uniqueWord = (prefix: string) => `${prefix}-${crypto.randomUUID()}`

/** An ICCID that no other SIM has. */
export const newIccid = () => withLuhnDigit(`8988${String(Math.random()).slice(2).padEnd(14, '0').slice(0, 14)}`)

/** A report with every member, so that answers are seen at their fullest. */
const fullReport: Checkin = {
  bootId: 'boot-1',
  imei: '356938035643809',
  battery: { level: '81' },
  apps: [{ name: 'com.example.till', version: '12345' }],
  os: {
    configuration: { device: 'd450', product: 'till', project: 'shop', version: '7' },
    masonOS: { incremental: '42', release: '3.1' },
  },
  connection: {
    bluetooth: { enabled: true, macAddress: '02:00:5e:10:00:01', name: 'till', pairedDevices: ['scanner'] },
    sim: [{ carrier: 'Example', countryiso: 'de', iccid: '8988303000000614224', mcc: '901', mnc: '28' }],
    wifi: { adapterMacAddress: '02:00:5e:10:00:02', bssid: '02:00:5e:10:00:03', enabled: true, ipaddress: '192.0.2.7' },
    dataUsage: {
      appsDataUsage: [{ packageNames: ['com.example.till'], uid: 10_001, usageCycles: [] }],
      usageCycles: [
        {
          startTime: '2026-11-01T00:00:00+02:00',
          endTime: '2026-11-02T00:00:00+02:00',
          usages: [{ type: 'mobile', bytesReceived: 1, bytesSent: Number.MAX_SAFE_INTEGER }],
        },
      ],
    },
  },
  location: {
    latitude: 52.5,
    longitude: 13.4,
    accuracy: 5,
    altitude: 34,
    provider: 'gps',
    recordedAt: '2026-11-02T09:30:00Z',
  },
}

/**
 * Makes one resource of a kind and tells its key. A kind is what stands in front of a parameter in the paths that name
 * it: `device` for `/v1/:fleet/device/:id/location`.
 */
export const makers: Readonly<Record<string, Make<string>>> = {
  apikey: async (_platform, { call }) =>
    (await call(createApiKey, { name: uniqueWord('key'), scopes: ['key:read'] })).data[0]?.id ?? '',
  device: async (platform, account) => {
    const device = await newDevice(platform, account, { name: uniqueWord('till'), family: uniqueWord('family') })
    await device.checkIn(fullReport)
    return device.id
  },
  enrollment: async (_platform, { call }) =>
    (await call(createEnrollment, { note: uniqueWord('token'), maxUses: 3, expiresAt: '2999-01-01T00:00:00Z' })).data[0]
      ?.id ?? '',
  batch: async (platform, account) => {
    const { id } = await newDevice(platform, account)
    const { data } = await account.call(notifyDevices, { type: 'refresh', target: { devices: [id] } })
    return data[0] && 'id' in data[0] ? data[0].id : ''
  },
  notification: async (platform, account) => {
    const { id } = await newDevice(platform, account)
    return (
      (await account.call(notifyDevice, { id, type: 'application', payload: { word: uniqueWord('payload') } })).data[0]
        ?.id ?? ''
    )
  },
  export: async (_platform, { call }) => {
    // Garbage may have asked for as many as may be under way.
    const create = () => call(createExport, { kind: 'device', format: 'csv', name: uniqueWord('name') })
    const { data } = await eventually(create)
    const id = data[0]?.id ?? ''
    await eventually(async () => expect((await call(getExport, { id })).data[0]?.state).toBe('succeeded'))
    return id
  },
  sim: async (_platform, { call }) =>
    (await call(registerSim, { iccid: newIccid(), markers: [{ key: 'customer', value: uniqueWord('taxis') }] })).data[0]
      ?.iccid ?? '',
  history: async (_platform, { call }) => {
    await call(changeSubscription, { type: 'device_data_pool', value: Math.floor(Math.random() * 2 ** 40) })
    return (await call(listSubscriptionHistory, { limit: 1000 })).data.at(-1)?.id ?? ''
  },
  'usage/sim': async (platform, account) => makers.sim?.(platform, account) ?? '',
  'sim/marker': async () => 'customer',
  deployment: async (_platform, account) => {
    const { data } = await account.call(createDeployment, await newDeployment(account))
    return data[0]?.id ?? ''
  },
  artifact: (platform, account) => makeArtifact(platform, account),
  project: (platform, account) => makeBuiltProject(platform, account),
  group: async (_platform, { call }) => (await call(createGroup, { name: uniqueWord('group') })).data[0]?.name ?? '',
  user: async (_platform, { call }) => (await call(inviteUser, newUser())).data[0]?.id ?? '',
  'auth/sessions': async (platform) => {
    const browser = await signInAgain(platform, await plainPerson(platform))
    return (await browser.get('/auth/session')).body.data[0].id
  },
}

async function newCliUpload(account: TestAccount) {
  const { sha1, sha256: _, ...upload } = await newUpload(account)
  return { ...upload, checksum: { sha1 }, apk: { packageName: upload.name, versionCode: '1', versionName: '1.0' } }
}

const newUser = () => ({ email: `${uniqueWord('user')}@example.com`, scopes: ['user:read'] })
const linkToken = async (_platform: Platform, { call }: TestAccount) =>
  tokenIn((await call(inviteUser, newUser())).data[0]?.link)

const homes = new WeakMap<Platform, Promise<TestAccount>>()

/** The account of people who sign in; another one may come to ask a second factor of everybody. */
function homeOf(platform: Platform): Promise<TestAccount> {
  const known = homes.get(platform) ?? platform.newAccount()
  homes.set(platform, known)
  return known
}

const newHomePerson = async (platform: Platform) => newPerson(platform, await homeOf(platform))
const people = new WeakMap<Platform, Promise<Person>>()

/** Somebody without a second factor. */
function plainPerson(platform: Platform): Promise<Person> {
  const known = people.get(platform) ?? newHomePerson(platform)
  people.set(platform, known)
  return known
}

async function signInAgain(platform: Platform, { email }: Person): Promise<Browser> {
  const browser = new Browser(platform.url)
  await browser.signIn(email, password)
  return browser
}

/** A session, and a body with which a route that takes sessions succeeds by it. */
interface Ready {
  cookie: string
  body?: unknown
}

async function newEnrolled(platform: Platform) {
  const person = await newHomePerson(platform)
  return { person, ...(await enrollTotp(person)) }
}

/** By operationId, for the routes where not every session will do. */
const sessions: Readonly<Record<string, (platform: Platform) => Promise<Ready>>> = {
  signInByTotp: async (platform) => {
    const { person, recoveryCodes } = await newEnrolled(platform)
    return { cookie: (await signInAgain(platform, person)).cookie, body: { code: recoveryCodes[0] } }
  },
  changePassword: async (platform) => ({
    cookie: (await newHomePerson(platform)).browser.cookie,
    body: { currentPassword: password, newPassword: uniqueWord('password') },
  }),
  enrollTotp: async (platform) => ({
    cookie: (await plainPerson(platform)).browser.cookie,
    body: { password },
  }),
  confirmTotp: async (platform) => {
    const { browser } = await newHomePerson(platform)
    const { secret } = (await browser.post('/auth/totp', { password })).body.data[0]
    return { cookie: browser.cookie, body: { code: codeOf(secret) } }
  },
  disableTotp: async (platform) => {
    const { person, recoveryCodes } = await newEnrolled(platform)
    return { cookie: person.browser.cookie, body: { code: recoveryCodes[0] } }
  },
  renewRecoveryCodes: async (platform) => {
    const { person, recoveryCodes } = await newEnrolled(platform)
    return { cookie: person.browser.cookie, body: { code: recoveryCodes[0] } }
  },
}

/** A session by which the route succeeds. */
export async function makeSession(platform: Platform, route: Route): Promise<Ready> {
  const make = sessions[route.schema.operationId]
  return make ? make(platform) : { cookie: (await plainPerson(platform)).browser.cookie }
}

/** The parameters of paths that name one thing by several, by the kind of the last. */
const composites: Readonly<Record<string, Make<Record<string, string>>>> = {
  artifact: async (platform, account) => ({ type: 'apk', name: await makeArtifact(platform, account), version: '1' }),
  'project/build': async (platform, account) => ({ name: await makeBuiltProject(platform, account), version: '1' }),
  'api/dashboard/projects': async (platform, account) => ({ customer: await customerOf(platform, account) }),
  'api/registry/signedurl': async (platform, account) => ({
    customer: await customerOf(platform, account),
    name: 'com.example.till',
    version: '1',
  }),
  'api/registry/artifacts': async (platform, account) => ({
    customer: await customerOf(platform, account),
    type: 'apk',
    name: await makeArtifact(platform, account),
    version: '1',
  }),
  'api/tracker/builder/jobs': async (platform, account) => {
    const name = await makeBuiltProject(platform, account)
    const { rows } = await platform.database.query<{ submittedAt: number }>(
      sql`SELECT submitted_at AS "submittedAt" FROM build WHERE account_id = ${account.accountId} AND project = ${name}`,
    )
    return { customer: await customerOf(platform, account), submittedAt: String(rows[0]?.submittedAt) }
  },
  'api/tracker/builder': async (platform, account) => ({ customer: await customerOf(platform, account) }),
}

async function customerOf({ database }: Platform, { accountId }: TestAccount): Promise<string> {
  const { rows } = await database.query<{ name: string }>(sql`SELECT name FROM account WHERE id = ${accountId}`)
  return rows[0]?.name ?? ''
}

const uniquePackage = () => `com.example.a${crypto.randomUUID().replaceAll('-', '')}`

async function makeArtifact(_platform: Platform, account: TestAccount): Promise<string> {
  return (await registerApk(account, uniquePackage(), 1)).name
}

async function makeBuiltProject(_platform: Platform, account: TestAccount): Promise<string> {
  const name = uniqueWord('project')
  await buildProject(account, { name })
  return name
}

async function newDeployment(account: TestAccount): Promise<NewDeployment> {
  const { name } = await registerApk(account, uniquePackage(), 1)
  const rollout = { steps: [5, 100], soakMinutes: 1, maxFailurePercent: 10 }
  return { group: 'unassigned', type: 'apk', name, version: '1', push: false, rollout }
}

async function newUpload(account: TestAccount) {
  const name = uniquePackage()
  const bytes = makeApk({ packageName: name, versionCode: 1 })
  const { url } = await uploadBytes(account, 'apk', bytes)
  return { url, type: 'apk', name, version: '1', sha1: hash('sha1', bytes), sha256: hash('sha256', bytes) }
}

/** Bodies that succeed, by operationId, of the routes whose schema alone does not tell one. */
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
  createEnrollment: async () => ({ group: 'unassigned', expiresAt: '2999-01-01T00:00:00Z' }),
  createGroup: async () => ({ name: uniqueWord('group'), description: 'in the lobby' }),
  createExport: async () => ({
    kind: 'device',
    format: 'ndjson',
    // Filters of the other kinds.
    ...{ start: undefined, end: undefined, marker: undefined, state: undefined, carrier: undefined, device: undefined },
  }),
  createDeployment: async (_platform, account) => newDeployment(account),
  deployByCli: async (platform, account) => {
    const { rollout: _, ...fields } = await newDeployment(account)
    return { ...fields, customer: await customerOf(platform, account) }
  },
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
}

/** The path parameters of a route, each with the kind of resource that it names; the fleet is none. */
export function parametersOf({ url }: Route): { name: string; kind: string }[] {
  const parts = url.split('/').filter((part) => part !== '')
  return parts.flatMap((part, place) =>
    part.startsWith(':') && part !== ':fleet' ? [{ name: part.slice(1), kind: kindOf(parts.slice(0, place)) }] : [],
  )
}

function kindOf(parts: string[]): string {
  const literal = parts.filter((part) => !part.startsWith(':'))
  return (literal[0] === 'v1' ? literal.slice(1) : literal).join('/')
}

/** The path of a route with these values, percent-encoded, in place of its parameters, and the query that it needs. */
export function pathOf({ url, schema }: Route, values: Readonly<Record<string, string>> = {}): string {
  const path = url.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent({ fleet: 'default', ...values }[name] ?? ''),
  )
  const { properties = {}, required = [] } = (schema.querystring ?? {}) as Schema
  const query = required.map((name) => `${name}=${example(properties[name] ?? {})}`)
  return query.length > 0 ? `${path}?${query.join('&')}` : path
}

/** Makes in this account what the path of the route names. */
export async function makeNamed(platform: Platform, account: TestAccount, route: Route) {
  const parameters = parametersOf(route)
  const composite = composites[parameters.at(-1)?.kind ?? '']
  if (composite && parameters.every(({ kind }) => composites[kind] ?? makers[kind])) {
    const made = await composite(platform, account)
    return Object.fromEntries(parameters.map(({ name }) => [name, made[name] ?? '']))
  }
  const values: Record<string, string> = {}
  for (const { name, kind } of parameters) {
    const make = makers[kind]
    if (!make) throw new Error(`${route.url} names a ${kind}: add how to make one to makers in test/surface.ts`)
    values[name] = await make(platform, account)
  }
  return values
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

/** The part of JSON Schema that the contract uses. */
export interface Schema {
  type?: string
  enum?: unknown[]
  examples?: unknown[]
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
}

/** A value of the schema with nothing in it that may be left out. */
function smallest(schema: Schema): unknown {
  const { required = [] } = schema
  return schema.type === 'object' ? pick(schema, required, smallest) : schema.type === 'array' ? [] : example(schema)
}

/** A value of the schema with every member, and one item in each list. */
function fullest(schema: Schema): unknown {
  if (schema.type === 'object') return pick(schema, Object.keys(schema.properties ?? {}), fullest)
  return schema.type === 'array' ? [fullest(schema.items ?? {})] : example(schema, fullest)
}

const pick = ({ properties = {} }: Schema, names: string[], write: (schema: Schema) => unknown) =>
  Object.fromEntries(names.map((name) => [name, write(properties[name] ?? {})]))

function example({ examples, enum: words, anyOf, type, minimum }: Schema, write = smallest): unknown {
  if (examples) return examples[0]
  if (words) return words[0]
  if (anyOf) return write(anyOf[0] ?? {})
  if (type === 'boolean') return true
  return type === 'string' ? 'text' : (minimum ?? 0)
}
