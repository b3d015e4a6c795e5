import { createClient } from '@mason/sdk/client'
import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { insert } from '../../src/access/apikey/service.ts'
import { generateKey } from '../../src/core/key.ts'
import { type Platform, type TestAccount, usePlatform } from '../harness.ts'
import { explainAll, explainNothing } from './explain-all.ts'
import { listenToAll } from './recorder.ts'

/** A platform on a copy of the filled database, and the account that has the fleet. */
export interface Fleet {
  platform: Platform
  account: TestAccount
  /** The id of one of the devices. */
  device: string
  /** When a device was heard of last: the fleet is kept between runs. */
  latest: Date
  /** A statement of the test's own, which is not recorded. @returns its first row. */
  look<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row | undefined>
}

export function useFleet(areJobsRunning = true): Fleet {
  listenToAll()
  const fleet = { platform: usePlatform({}, { areJobsRunning }) } as Fleet
  let client: pg.Client
  fleet.look = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<Row>(text, values)).rows[0]
  beforeAll(async () => {
    const { database, url } = fleet.platform
    const connection = database.pool.options as pg.ClientConfig
    await explainAll(connection)
    client = new pg.Client({ ...connection, statement_timeout: 0 })
    await client.connect()
    await explainNothing(client)
    const { account: accountId = '', device = '' } =
      (await fleet.look<{ account: string; device: string }>(
        'SELECT account_id AS account, id AS device FROM device ORDER BY id LIMIT 1 OFFSET 1000',
      )) ?? {}
    const key = generateKey()
    await insert(database, accountId, key, { name: 'laws', scopes: ['account:owner'] })
    fleet.account = { ...createClient({ baseUrl: url, key, maxRetries: 0 }), accountId, key }
    fleet.device = device
    fleet.latest = (await fleet.look<{ at: Date }>('SELECT max(last_checkin) AS at FROM heartbeat'))?.at ?? new Date()
  }, 600_000)
  afterAll(() => client.end())
  return fleet
}
