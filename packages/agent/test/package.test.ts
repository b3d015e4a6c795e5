import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { getDevice } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { usePlatform } from '../../server/test/harness.ts'
import { readCredential } from '../src/credential/credential.ts'
import { filesOf, tarOf } from '../src/package/tar.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const platform = usePlatform({ CHECKIN_SECONDS: '1' })
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** Stands for systemctl: starts what the unit says, as systemd would, and stops it. */
const fakeSystemctl = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
stop() { [ -f "$here/pid" ] && kill "$(cat "$here/pid")" 2>/dev/null; rm -f "$here/pid"; }
case "$*" in
  "restart mason-agent.service")
    stop
    sed -n 's/^ExecStart=//p' "$here/units/mason-agent.service" > "$here/start"
    setsid sh -c "exec $(cat "$here/start")" > "$here/output" 2>&1 < /dev/null &
    echo $! > "$here/pid" ;;
  "disable --now mason-agent.service") stop ;;
esac
`

/** A machine with Node and npm, and nothing of the platform on it. */
async function newMachine() {
  const directory = await temporaryDirectory()
  const at = (name: string) => path.join(directory.path, name)
  cleanUps.push(async () => {
    await exec(at('systemctl'), 'disable', '--now', 'mason-agent.service').catch(() => {})
    await directory[Symbol.asyncDispose]()
  })
  await mkdir(at('home'))
  await writeFile(at('systemctl'), fakeSystemctl)
  await chmod(at('systemctl'), 0o755)
  const env = { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: at('home') }
  const exec = (file: string, ...args: string[]) =>
    promisify(execFile)(file, args, { cwd: directory.path, env, timeout: 50_000 })
  const service = ['--state', at('state/credential.json'), '--units', at('units'), '--systemctl', at('systemctl')]
  await exec('npm', 'install', '--global', '--prefix', at('prefix'), `${platform.url}/agent/mason-agent.tgz`)
  return {
    at,
    state: at('state/credential.json'),
    agent: (...args: string[]) => exec(at('prefix/bin/mason-agent'), ...args),
    inService: (command: string, ...args: string[]) => exec(at('prefix/bin/mason-agent'), command, ...service, ...args),
    calls: async () => (await readFile(at('calls'), 'utf8')).trim().split('\n'),
  }
}

async function newToken() {
  const account = await platform.newAccount()
  const { data } = await account.call(createEnrollment, {})
  return { account, token: data[0]?.token ?? '' }
}

test('the platform serves its agent, which needs nothing but Node', async () => {
  const machine = await newMachine()
  const modules = machine.at('prefix/lib/node_modules')
  expect(await readdir(modules)).toEqual(['mason-agent'])
  expect((await readdir(path.join(modules, 'mason-agent'))).sort()).toEqual([
    'README.md',
    'mason-agent.js',
    'package.json',
  ])
  expect((await machine.agent('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('a host is enrolled and runs the agent as a service, until that is removed', async () => {
  const { account, token } = await newToken()
  const machine = await newMachine()
  const serial = `S-${token.slice(-8)}`
  const from = ['--server', platform.url, '--token', token, '--serial', serial]
  await machine.inService('install', ...from, '--', '--on-reboot', 'echo "$HOME" 100%')
  const { id } = await readCredential(machine.state)
  await eventually(async () =>
    expect((await account.call(getDevice, { id })).data[0]).toMatchObject({ online: true, serialnumber: serial }),
  )
  expect(await readFile(machine.at('units/mason-agent.service'), 'utf8')).toContain(
    `"run" "--state" "${machine.state}" "--on-reboot" "echo \\"$$HOME\\" 100%%"\n`,
  )
  expect(await machine.calls()).toEqual([
    'daemon-reload',
    'enable mason-agent.service',
    'restart mason-agent.service',
    'enable --now mason-agent-update.timer',
  ])
  await machine.inService('uninstall', '--purge')
  expect(await readdir(machine.at('units'))).toEqual([])
  expect(await readdir(machine.at('state'))).toEqual([])
  await eventually(async () => expect((await account.call(getDevice, { id })).data[0]?.online).toBe(false))
})

/** The packed agent with something before its first line. */
async function altered(line: string) {
  const archive = Buffer.from(await (await platform.fetch('/agent/mason-agent.tgz')).arrayBuffer())
  const files = filesOf(gunzipSync(archive)).map((file) =>
    file.name === 'package/mason-agent.js'
      ? { ...file, content: Buffer.from(file.content).toString('utf8').replace('\n', `\n${line}\n`) }
      : file,
  )
  return { archive: gzipSync(tarOf(files)), program: files.at(-1)?.content.toString() ?? '' }
}

/** A platform in front of the real one that serves another agent. */
async function serveInstead({ archive, program }: { archive: Buffer; program: string }) {
  const described = {
    version: '9.9.9',
    build: hash('sha256', program),
    sha256: hash('sha256', archive),
    size: archive.length,
  }
  const server = createServer(async (request, response) => {
    if (request.url === '/agent/mason-agent.json') return response.end(JSON.stringify(described))
    if (request.url === '/agent/mason-agent.tgz') return response.end(archive)
    const { authorization = '' } = request.headers
    const body = await new Response(request as never).arrayBuffer()
    const answer = await platform.fetch(request.url ?? '/', { method: 'POST', body, headers: { authorization } })
    return response.writeHead(answer.status).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  cleanUps.push(async () => server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, build: described.build }
}

async function installedWith(line: string) {
  const { account, token } = await newToken()
  const machine = await newMachine()
  const { url, build } = await serveInstead(await altered(line))
  await machine.inService('install', '--server', url, '--token', token, '--serial', `S-${token.slice(-8)}`)
  const checkedIn = async () => JSON.parse(await readFile(`${machine.state}.checked-in`, 'utf8'))
  await eventually(checkedIn)
  const { build: before } = await checkedIn()
  return { account, machine, build, before, checkedIn }
}

test('an update replaces the agent once the new one has checked in', async () => {
  const { machine, build, before, checkedIn } = await installedWith('// newer')
  expect(before).not.toBe(build)
  expect((await machine.inService('update')).stdout).toContain('which has checked in')
  expect((await checkedIn()).build).toBe(build)
  expect((await machine.inService('update')).stdout).toContain('up to date')
})

test('an agent that does not check in gives way to the one before, and is not tried again', async () => {
  const { machine, before, checkedIn } = await installedWith('process.exit(1)')
  await expect(machine.inService('update', '--patience', '2')).rejects.toThrow(/did not check in within 2 s/)
  await eventually(async () => expect((await checkedIn()).build).toBe(before))
  expect((await machine.inService('update')).stdout).toContain('is not tried again')
})

test('an update that was cut off is carried on by the next one', async () => {
  const { machine, build, checkedIn } = await installedWith('// newer')
  const folder = machine.at('prefix/lib/node_modules/mason-agent')
  const program = path.join(folder, 'mason-agent.js')
  await writeFile(path.join(folder, 'mason-agent.previous.js'), await readFile(program))
  await rm(`${machine.state}.checked-in`)
  expect((await machine.inService('update')).stdout).toContain('which has checked in')
  await machine.inService('update')
  expect((await checkedIn()).build).toBe(build)
})

test('an archive that is not what was described changes nothing', async () => {
  const { machine, before, checkedIn } = await installedWith('// newer')
  const { url } = await serveInstead({ ...(await altered('// other')), program: 'something else' })
  const credential = await readCredential(machine.state)
  await writeFile(machine.state, JSON.stringify({ ...credential, server: url }))
  await expect(machine.inService('update')).rejects.toThrow(/another program than was described/)
  expect((await checkedIn()).build).toBe(before)
})
