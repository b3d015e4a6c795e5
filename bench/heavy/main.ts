// Measures how late the event loop of the server is while it does heavy work.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createArtifact, createUpload } from '@mason/contract/artifact'
import { createExport, getExport, type NewExport } from '@mason/contract/export'
import { createClient } from '@mason/sdk/client'
import pg from 'pg'
import { makeApk } from '../../packages/server/test/apk/make.ts'
import { onClose, runProgram } from '../closing.ts'
import { seedFleet } from '../fleet.ts'
import { startPlatform } from '../platform.ts'
import { iccidOf, seedSims } from '../sims.ts'
import { machineFacts } from '../table.ts'

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '200000' },
    sims: { type: 'string', default: '100000' },
    megabytes: { type: 'string', default: '100' },
    only: { type: 'string', default: 'idle,csv,ndjson,json,sims,devices,simexport,apk' },
  },
})
const only = values.only.split(',')
const devices = Number(values.devices)
const sims = Number(values.sims)

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-heavy-'))
  onClose(() => rm(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'delays')
  const preload = new URL(`./delay.ts?file=${encodeURIComponent(file)}`, import.meta.url)
  const platform = await startPlatform([`--import=${preload}`])
  const base = `http://127.0.0.1:${platform.port}`
  const { call } = createClient({ baseUrl: base, key: platform.ownerKey })
  const client = new pg.Client(platform.connection)
  onClose(() => client.end())
  await client.connect()
  await seedFleet(client, devices)
  await seedSims(client, sims)
  await client.query('VACUUM ANALYZE')
  console.log(`${devices} devices, ${sims} SIMs; ${await machineFacts(client)}`)
  console.log('work | p50 ms | p99 ms | worst ms | seconds | rows/s')

  async function during(name: string, work: () => Promise<number>): Promise<void> {
    const from = Date.now()
    const rows = await work()
    const to = Date.now()
    await sleep(1_100)
    const late = readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(' ').map(Number))
      .filter(([at = 0]) => at >= from && at <= to)
      .map(([, ms = 0]) => ms)
      .sort((a, b) => a - b)
    const at = (share: number) => late[Math.min(late.length - 1, Math.floor(late.length * share))]
    const seconds = (to - from) / 1000
    console.log([name, at(0.5), at(0.99), late.at(-1), seconds.toFixed(1), Math.round(rows / seconds)].join(' | '))
  }

  async function send(url: string, type: string, body: Buffer) {
    const answer = await fetch(base + url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { authorization: `basic ${platform.ownerKey}`, 'content-type': type },
    })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${answer.status} ${text.slice(0, 300)}`)
    const { data } = JSON.parse(text)
    if (data[0].rejected.length > 0) throw new Error(text.slice(0, 300))
  }

  async function exported(what: NewExport): Promise<number> {
    const { data } = await call(createExport, what)
    for (;;) {
      const [one] = (await call(getExport, { id: data[0]?.id ?? '' })).data
      if (one?.state === 'succeeded') return one.rows
      if (one?.state === 'failed') throw new Error(one.reason)
      await sleep(100)
    }
  }

  async function uploaded(name: string, bytes: Buffer): Promise<void> {
    const { data } = await call(createUpload, { type: 'apk' })
    const [offer] = data as unknown as { uploadUrl: string; url: string }[]
    if (!offer) throw new Error('no upload')
    await during(name, async () => {
      const answer = await fetch(offer.uploadUrl.replace(/^https?:\/\/[^/]+/, base), {
        method: 'PUT',
        body: new Uint8Array(bytes),
      })
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
      await call(createArtifact, { type: 'apk', url: offer.url })
      return bytes.length
    })
  }

  if (only.includes('idle'))
    await during('idle', async () => {
      await sleep(5_000)
      return 0
    })
  const bytes = Number(values.megabytes) * 1e6
  if (only.includes('csv')) {
    const { body, rows } = usage('csv', bytes)
    await during('usage, CSV', async () => {
      await send('/v1/default/usage', 'text/csv', body)
      return rows
    })
    await during('usage, the same CSV again', async () => {
      await send('/v1/default/usage', 'text/csv', body)
      return rows
    })
  }
  if (only.includes('ndjson')) {
    const { body, rows } = usage('ndjson', bytes)
    await during('usage, NDJSON', async () => {
      await send('/v1/default/usage', 'application/x-ndjson', body)
      return rows
    })
  }
  if (only.includes('json')) {
    const { body, rows } = usage('json', 15e6)
    await during('usage, JSON of 15 MB', async () => {
      await send('/v1/default/usage', 'application/json', body)
      return rows
    })
  }
  if (only.includes('sims')) {
    const lines = ['iccid,checkDigit,carrier,name,marker.customer,marker.site']
    for (let n = 0; n < 20_000; n++) lines.push(`${iccidOf(5e9 + n)},ignore,manual,SIM ${n},c${n % 20},s${n % 300}`)
    await during('import of 20,000 SIMs, CSV', async () => {
      await send('/v1/default/sim/import', 'text/csv', Buffer.from(lines.join('\n')))
      return 20_000
    })
  }
  if (only.includes('devices'))
    for (const format of ['csv', 'ndjson'] as const)
      await during(`export of devices, ${format}`, () => exported({ kind: 'device', format }))
  if (only.includes('simexport'))
    for (const format of ['csv', 'ndjson'] as const)
      await during(`export of SIMs, ${format}`, () => exported({ kind: 'sim', format }))
  if (only.includes('apk')) {
    const entries = (count: number, size: number) =>
      Array.from({ length: count }, (_, n) => ({
        name: `assets/a-folder-of-the-app/file-${String(n).padStart(6, '0')}.bin`,
        data: randomBytes(size),
        isStored: true,
      }))
    const facts = { packageName: 'com.example.large', versionCode: 1, minSdkVersion: 24, targetSdkVersion: 29 }
    const apk = (versionCode: number, rest: object) => makeApk({ ...facts, versionCode, ...rest })
    await uploaded('APK, 200 MB in 100 files, v1 + v2', apk(1, { entries: entries(100, 2e6) }))
    await uploaded('APK, 20 MB in 20,000 files, v1 + v2', apk(2, { entries: entries(20_000, 1000) }))
    await uploaded('APK, 6 MB in 20,000 files, v1 alone', apk(3, { entries: entries(20_000, 300), schemes: ['v1'] }))
  }
}

function usage(form: 'csv' | 'ndjson' | 'json', bytes: number) {
  const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 86_400_000
  const lines: string[] = []
  let length = 0
  for (let row = 0; length < bytes; row++) {
    const iccid = iccidOf(Math.floor(row / 12) % sims)
    const id = `${form}-record-of-a-carrier-${row}`
    const start = new Date(midnight + (row % 12) * 3_600_000).toISOString()
    const [upload, download] = [(row * 7919) % 1_000_000, (row * 104729) % 10_000_000]
    const line =
      form === 'csv'
        ? `${id},${iccid},${start},${upload},${download}`
        : JSON.stringify({ id, iccid, start, upload, download })
    lines.push(line)
    length += line.length + 1
  }
  const rows = lines.length
  if (form === 'json') return { body: Buffer.from(`{"records":[${lines.join(',')}]}`), rows }
  if (form === 'csv') lines.unshift('id,iccid,start,upload,download')
  return { body: Buffer.from(`${lines.join('\n')}\n`), rows }
}

await runProgram(main)
