import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'
import { usePlatform } from './harness.ts'

const platform = usePlatform()
const promtool = (args: string[], input = '') => spawnSync('promtool', args, { input, encoding: 'utf8' })
const isThere = promtool(['--version']).status === 0
if (!isThere) console.warn('SKIPPED: promtool is not installed, so the metrics and alerts were not checked with it')

test.skipIf(!isThere)('promtool has nothing to say of the metrics', async () => {
  const { key } = await platform.newAccount({ isOperator: true })
  const text = await (await platform.fetch('/metrics', { key })).text()
  const { status, stdout, stderr } = promtool(['check', 'metrics'], text)
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' })
})

test.skipIf(!isThere)('promtool can read the alerts', () => {
  const rules = path.resolve(import.meta.dirname, '../../../deploy/prometheus/alerts.yml')
  const { status, stdout, stderr } = promtool(['check', 'rules', rules])
  expect(status, stdout + stderr).toBe(0)
  expect(stdout).toMatch(/SUCCESS: \d+ rules found/)
})
