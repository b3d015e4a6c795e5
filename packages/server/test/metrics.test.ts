import { updateDeployment } from '@mason/contract/deployment'
import { getDevice } from '@mason/contract/device'
import { cancelNotification, notifyDevice } from '@mason/contract/notification'
import { registerSim } from '@mason/contract/sim'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { startPeriodicJobs } from '../src/core/jobs/periodic.ts'
import { deployApp, newGroup } from './deployments.ts'
import { eventually } from './eventually.ts'
import { parseExposition } from './exposition.ts'
import { newDevice } from './factories.ts'
import { usePlatform } from './harness.ts'
import { connectDevice } from './mqtt-device.ts'

const platform = usePlatform({}, { areJobsRunning: false })

async function scrape(key: string) {
  const answer = await platform.fetch('/metrics', { key })
  expect(answer.status).toBe(200)
  const text = await answer.text()
  const samples = [...parseExposition(text).values()].flatMap(({ samples }) => samples)
  const value = (name: string, labels: Record<string, string> = {}) => {
    const wanted = Object.entries(labels)
    return samples.find((one) => one.name === name && wanted.every(([label, is]) => one.labels[label] === is))?.value
  }
  return { text, value }
}

test('metrics say what has happened, in the form of Prometheus', async () => {
  const account = await platform.newAccount({ isOperator: true })
  const { key } = account
  const before = await scrape(key)
  expect(before.value('mason_devices')).toBe(0)

  const [device, other] = [await newDevice(platform, account), await newDevice(platform, account)]
  await other.checkIn()
  const connection = await connectDevice(`mqtt://127.0.0.1:${platform.mqttPort}`, device)
  const iccid = '8988303000000614224'
  await account.call(registerSim, { iccid })
  const line = `one,${iccid},2026-11-01T00:00:00Z,1,2`
  for (const _again of [1, 2])
    await platform.fetch('/v1/default/usage', {
      method: 'POST',
      key,
      headers: { 'content-type': 'text/csv' },
      body: `id,iccid,start,upload,download\n${line}\n`,
    })
  await account.call(notifyDevice, { id: other.id, type: 'refresh' })
  await account.call(getDevice, { id: device.id })
  await platform.database.query(sql`SELECT graphile_worker.add_job('nobody-does-it')`)
  const failing = {
    name: 'failing',
    everyMs: 3_600_000,
    run: async () => {
      throw new Error('it fails')
    },
  }
  const jobs = startPeriodicJobs(platform.database, [failing], platform.background)

  await eventually(async () => {
    const { value } = await scrape(key)
    expect(value('mason_devices')).toBe(2)
    expect(value('mason_devices_online')).toBe(2)
    expect(value('mason_mqtt_connections')).toBe(1)
    expect(value('mason_commands', { state: 'queued' })).toBe(1)
    expect(value('mason_commands', { state: 'sent' })).toBe(0)
    expect(value('mason_rollouts', { state: 'running' })).toBe(0)
    expect(value('mason_usage_records_total'), 'a duplicate is none').toBe(1)
    expect(value('mason_queue_depth', { queue: 'jobs' })).toBe(1)
    expect(value('mason_job_failures_total', { job: 'failing' })).toBe(1)
    expect(value('mason_background_failures_total', { loop: 'failing' })).toBe(1)
  })
  await jobs.stop()
  const { text, value } = await scrape(key)
  const checkins = (scraped: typeof before) => scraped.value('mason_checkins_total') ?? 0
  expect(checkins(await scrape(key)) - checkins(before)).toBe(1)
  const route = { method: 'GET', route: '/v1/:fleet/device/:id', status: '200' }
  expect(value('mason_http_request_duration_seconds_count', route)).toBe(1)
  expect(text, 'routes are patterns').not.toContain(device.id)
  expect(value('mason_database_pool_connections', { state: 'idle' })).toBeGreaterThan(0)
  expect(value('mason_event_lag_seconds')).toBe(0)
  expect(value('mason_event_loop_delay_seconds_count')).toBeGreaterThan(0)
  await connection.client.endAsync(true)
  await eventually(async () => expect((await scrape(key)).value('mason_mqtt_connections')).toBe(0))
})

test('commands and roll-outs are counted by state as they go on', async () => {
  const { account, members } = await newGroup(platform, 1)
  const { key } = await platform.newAccount({ isOperator: true })
  const before = await scrape(key)
  const change = async (name: string, state: string) =>
    ((await scrape(key)).value(name, { state }) ?? 0) - (before.value(name, { state }) ?? 0)
  const [command] = (await account.call(notifyDevice, { id: members[0]?.id ?? '', type: 'refresh' })).data
  expect(await change('mason_commands', 'queued')).toBe(1)
  await account.call(cancelNotification, { id: command?.id ?? '' })
  expect([await change('mason_commands', 'queued'), await change('mason_commands', 'canceled')]).toEqual([0, 1])
  const id = await deployApp(account, 1)
  expect(await change('mason_rollouts', 'running')).toBe(1)
  await account.call(updateDeployment, { id, state: 'paused' })
  expect([await change('mason_rollouts', 'running'), await change('mason_rollouts', 'paused')]).toEqual([0, 1])
})
