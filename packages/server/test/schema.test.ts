import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { alertStates } from '@mason/contract/alert'
import { alertConditions } from '@mason/contract/alert-condition'
import { artifactTypes } from '@mason/contract/artifact'
import { sessionStates } from '@mason/contract/auth'
import { DeployableType, Deployment, DeviceProgress } from '@mason/contract/deployment'
import { deviceKinds } from '@mason/contract/device-kind'
import { enrollmentKinds } from '@mason/contract/enrollment'
import { Export } from '@mason/contract/export'
import { jobKinds, jobStates } from '@mason/contract/job'
import { notificationStates, notificationTypes } from '@mason/contract/notification'
import { buildStates } from '@mason/contract/project'
import { DataLimit, simStates } from '@mason/contract/sim'
import { subscriptionTypes } from '@mason/contract/subscription'
import { viewKinds } from '@mason/contract/view'
import { deliveryStates } from '@mason/contract/webhook'
import { expect, test } from 'vitest'
import { readDefinitions } from '../src/core/db/definitions.ts'
import { fileOf, fingerprint, generated, revisionFile } from './generated.ts'
import { usePlatform } from './harness.ts'
import { indexFunctions } from './schema-text.ts'

const platform = usePlatform()
const select = async <Row extends object>(text: string) => (await platform.database.pool.query<Row>(text)).rows
const { list: definitions } = await readDefinitions()

const remedy = 'run `npm run schema` and commit what it writes'

test.each(generated)('$name is what the schema makes of it', async (one) => {
  expect(await readFile(fileOf(one), 'utf8'), remedy).toBe(await one.text(platform.database.pool))
})

test('a change of a definition has a revision of its own', async () => {
  const { hash } = JSON.parse(await readFile(revisionFile, 'utf8')) as { hash: string }
  expect(hash, remedy).toBe(fingerprint(definitions))
})

test('every view, function and trigger has its definition in sql/, but for those that indexes are built on', async () => {
  const names = await select<{ name: string }>(`
    SELECT 'VIEW ' || relname AS name FROM pg_class WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace
    UNION ALL
    SELECT 'FUNCTION ' || proname FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND oid NOT IN (SELECT oid FROM (${indexFunctions}) AS f)
    UNION ALL
    SELECT 'TRIGGER ' || tgname || ' ON ' || relname FROM pg_trigger JOIN pg_class AS t ON t.oid = tgrelid
    WHERE NOT tgisinternal AND tgparentid = 0 AND relnamespace = current_schema()::regnamespace`)
  expect(names.map(({ name }) => name).sort()).toEqual(definitions.map(({ name }) => name).sort())
})

test('every trigger says which rule it keeps', () => {
  const triggers = definitions.filter(({ name }) => name.startsWith('TRIGGER'))
  expect(triggers.filter(({ name, text }) => !text.includes(`COMMENT ON ${name} IS`)).map(({ name }) => name)).toEqual(
    [],
  )
})

test('a function of more than 40 lines has a worked example in its comment', () => {
  const long = definitions.filter(({ name, text }) => name.startsWith('FUNCTION') && text.split('\n').length > 40)
  expect(long.filter(({ comment }) => !/For example/.test(comment)).map(({ name }) => name)).toEqual([])
})

test('a view names its columns: a star would become other columns with the next one of the table', () => {
  const views = definitions.filter(({ name }) => name.startsWith('VIEW'))
  expect(views.filter(({ text }) => /^(SELECT|UNION ALL SELECT) \*/m.test(text)).map(({ name }) => name)).toEqual([])
})

test('one function writes events', () => {
  const folders = ['../src/', '../sql/'].map((path) => new URL(path, import.meta.url))
  const writers = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (path) =>
        /(?<!\.test)\.(ts|sql)$/.test(path) && /INSERT INTO event\b/.test(readFileSync(new URL(path, folder), 'utf8')),
    ),
  )
  expect(writers).toEqual(['event.sql'])
})

/** What each column that has one of a few values may have; the contract's own lists wherever it has one. */
const values: Record<string, readonly string[]> = {
  'alert.state': alertStates,
  'alert.subject_kind': [...new Set(Object.values(alertConditions).map(({ subject }) => subject)), 'platform'],
  'alert_rule.notification_type': notificationTypes,
  'artifact.type': artifactTypes,
  'batch.type': notificationTypes,
  'build.state': buildStates,
  'deployment.state': Deployment.properties.state.enum,
  'deployment.type': DeployableType.enum,
  'deployment_device.state': DeviceProgress.properties.state.enum,
  'device.kind': deviceKinds,
  'enrollment.kind': enrollmentKinds,
  'export.format': Export.properties.format.enum,
  'export.kind': Export.properties.kind.enum,
  'export.state': Export.properties.state.enum,
  'job.kind': jobKinds,
  'job.state': jobStates,
  'notification.state': notificationStates,
  'notification.type': notificationTypes,
  'sim.data_limit_action': DataLimit.properties.action.enum,
  'sim.pending_state': simStates,
  'sim.state': simStates,
  'sim_over_limit.action': DataLimit.properties.action.enum,
  'subscription_change.type': subscriptionTypes,
  'upload.type': artifactTypes,
  'user_link.kind': ['invitation', 'reset'],
  'user_session.state': sessionStates,
  'view.kind': viewKinds,
  'webhook_delivery.state': deliveryStates,
}

/** Columns whose name says so, but that are open on purpose. */
const open: Record<string, string> = {
  'audit_entry.action': 'each route names its own',
  'audit_entry.actor_kind': 'those of actors, which events share; a check would be asked at every change',
  'audit_entry.subject_kind': 'each route names its own',
  'audit_refusal.action': 'it becomes that of an entry',
  'audit_refusal.actor_kind': 'it becomes that of an entry',
  'audit_refusal.subject_kind': 'it becomes that of an entry',
  'counter.kind': 'triggers of devices write it: a check would be read anew by each of their statements',
  'counter_difference.kind': 'triggers of devices write it: a check would be read anew by each of their statements',
  'event.type': 'each feature names its own events',
  'webhook_delivery.event_type': 'the type of its event',
  'carrier.type': 'the next type is a folder, not a migration',
  'sim_at_carrier.state': 'in the words of the carrier',
}

test('a column that has one of a few values is checked, and has those of the contract', async () => {
  const columns = await select<{ name: string; rule: string | null }>(`
    SELECT relname || '.' || attname AS name, pg_get_constraintdef(k.oid) AS rule
    FROM pg_attribute AS a JOIN pg_class AS t ON t.oid = attrelid
    LEFT JOIN pg_constraint AS k ON conrelid = t.oid AND contype = 'c' AND conkey = ARRAY[attnum] AND convalidated
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND atttypid = 'text'::regtype
      AND attname ~ '(^|_)(state|status|kind|type|action|format|mode|level)$' AND NOT attisdropped`)
  const checked = columns.filter(({ name }) => !Object.hasOwn(open, name))
  const found = checked.map(({ name, rule }) => [
    name,
    [...(rule?.matchAll(/'([\w.-]+)'::text/g) ?? [])].map(([, value]) => value).sort(),
  ])
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(values).map(([name, list]) => [name, [...list].sort()])),
  )
  expect(Object.keys(open).filter((name) => !columns.some((column) => column.name === name))).toEqual([])
})
