import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { listDeployments } from '@mason/contract/deployment'
import { getSummary } from '@mason/contract/device'
import { listSims } from '@mason/contract/sim'
import { getUsage } from '@mason/contract/usage'
import { createClient } from '@mason/sdk/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newDataDir, type Program, startProgram } from '../../server/test/program.ts'

const main = path.resolve(import.meta.dirname, '../../../seed/main.ts')
let program: Program
beforeAll(async () => {
  program = await startProgram({ DATA_DIR: await newDataDir() })
}, 180_000)
afterAll(() => program?.end())

async function seed(): Promise<string> {
  const { url, ownerKey = '' } = program
  const args = ['--url', url, '--key', ownerKey, '--devices', '40', '--leave']
  return (await promisify(execFile)(process.execPath, [main, ...args])).stdout
}

async function lookAround() {
  const { call } = createClient({ baseUrl: program.url, key: program.ownerKey ?? '' })
  const deployments = (await call(listDeployments, {})).data
  const canceled = deployments.filter(({ state }) => state === 'canceled').map(({ group }) => group)
  const [summary] = (await call(getSummary, {})).data
  const sims = (await call(listSims, { limit: 1000 })).data.length
  const [usage] = (await call(getUsage, { date: new Date().toISOString() })).data
  return {
    deployments: deployments.map(({ group }) => group),
    canceled,
    groups: summary?.groups,
    sims,
    usage: usage?.usage.total,
  }
}

test('a seeded fleet has groups, SIMs with usage and roll-outs; seeding again changes none of it', async () => {
  await seed()
  const first = await lookAround()
  expect(first.groups).toHaveLength(5)
  expect(first.sims).toBeGreaterThan(10)
  expect(first.usage).toBeGreaterThan(0)
  expect(first.deployments).toEqual(['vans', 'couriers', 'tills-south', 'tills-north'])
  expect(first.canceled).toEqual(['tills-south'])
  expect(await seed()).toContain('The fleet is there already')
  expect(await lookAround()).toEqual(first)
}, 600_000)
