import { getDeployment, listDeployments } from '@mason/contract/deployment'
import { listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup } from '@mason/contract/group'
import { createProject } from '@mason/contract/project'
import { afterEach, expect, test, vi } from 'vitest'
import { makeApk } from './apk/make.ts'
import { bootAnimation } from './artifacts.ts'
import { eventually } from './eventually.ts'
import { exchange } from './exchange.ts'
import { usePlatform } from './harness.ts'
import { officialCli } from './official-cli.ts'
import { simulateFleet } from './simulated-fleet.ts'
import { newUser, password } from './users.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '600' })
const fleets: ReturnType<typeof simulateFleet>[] = []
afterEach(async () => {
  for (const fleet of fleets.splice(0)) await fleet.stop()
})

/** `mason login`, as the CLI does it. */
async function login(email: string) {
  const headers = { 'User-Agent': 'python-requests/2.25.1', Accept: '*/*', Connection: 'keep-alive' }
  const tokens = await exchange(platform.url, {
    method: 'POST',
    path: '/oauth/ro',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      client_id: 'cli',
      username: email,
      password,
      id_token: 'None',
      connection: 'Username-Password-Authentication',
      grant_type: 'password',
      scope: 'openid',
      device: '',
    }),
  })
  expect(tokens.status, tokens.text).toBe(200)
  const { id_token: idToken, access_token: accessToken } = JSON.parse(tokens.text)
  const info = await exchange(platform.url, { path: '/userinfo', authorization: `Bearer ${accessToken}`, headers })
  return officialCli(platform.url, idToken, JSON.parse(info.text).user_metadata.clients[0])
}

test('the CLI registers, builds and deploys to two groups, and their devices end up with it', async () => {
  const account = await platform.newAccount()
  await account.call(createProject, { name: 'shop' })
  const groups = ['bars', 'tills']
  for (const [index, name] of groups.entries()) {
    await account.call(createGroup, { name })
    const { data } = await account.call(createEnrollment, { group: name })
    // One group speaks MQTT, the other HTTP alone.
    const options: Record<string, string | number> = index === 0 ? {} : { transport: 'http', interval: 1 }
    fleets.push(simulateFleet(platform.url, data[0]?.token ?? '', { devices: 8, seed: index + 1, ...options }))
  }
  const devices = async () => (await account.call(listDevices)).data
  await vi.waitFor(async () => expect((await devices()).filter(({ os }) => os)).toHaveLength(16), { timeout: 30_000 })

  const person = await newUser(platform, account, ['registry:admin', 'fleet:deploy'])
  const cli = await login(person.email)
  const name = 'com.example.fresh'
  const registered = await Promise.all([
    cli.register({
      name,
      version: '12',
      type: 'apk',
      bytes: makeApk({ packageName: name, versionCode: 12 }),
      contentType: 'application/vnd.android.package-archive',
      meta: { apk: { versionName: '1.0', versionCode: '12', packageName: name } },
    }),
    cli.register({
      name: 'boot',
      version: '1',
      type: 'media',
      bytes: bootAnimation(),
      meta: { media: { type: 'bootanimation' } },
    }),
    cli.register(
      {
        name: 'shop',
        version: '3',
        type: 'config',
        contentType: 'text/x-yaml',
        bytes: Buffer.from(
          `apps:\n- name: Fresh\n  package_name: ${name}\n  version_code: 12\nmedia:\n  bootanimation:\n    name: boot\n    version: 1\nos:\n  name: shop\n  version: 3\n`,
        ),
      },
      { slash: '/' },
    ),
  ])
  for (const { status, text } of registered) expect(status, text).toBe(200)

  const { data: job } = JSON.parse((await cli.startBuild('shop', '3')).text)
  await eventually(async () =>
    expect(JSON.parse((await cli.pollBuild(job.submittedAt)).text)).toMatchObject({ data: { status: 'COMPLETED' } }),
  )
  for (const group of groups)
    for (const what of [
      { type: 'config', name: 'shop', version: '3' },
      { type: 'ota', name: 'mason-os', version: '9.9' },
    ]) {
      const { status, text } = await cli.deploy({ group, push: true, ...what })
      expect(status, text).toBe(200)
    }

  const wanted = {
    apps: expect.arrayContaining([{ name, version: '12' }]),
    os: { configuration: { project: 'shop', version: '3' }, masonOS: { release: '9.9' } },
    status: { osUpdated: true, appsUpdated: true, projectUpdated: true },
  }
  await vi.waitFor(
    async () => {
      for (const device of await devices()) expect(device).toMatchObject(wanted)
      const states = (await account.call(listDeployments)).data.map(({ state }) => state)
      expect(states).toEqual(Array(4).fill('finished'))
    },
    { timeout: 30_000, interval: 200 },
  )
  for (const { id } of (await account.call(listDeployments)).data)
    expect((await account.call(getDeployment, { id })).data[0]?.devices).toMatchObject({ succeeded: 8, failed: 0 })
}, 90_000)
