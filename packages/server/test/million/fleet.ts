import { createClient } from '@mason/sdk/client'
import type pg from 'pg'
import { beforeAll } from 'vitest'
import { insert } from '../../src/access/apikey/service.ts'
import { generateKey } from '../../src/core/key.ts'
import { type Platform, type TestAccount, usePlatform } from '../harness.ts'
import { explainAll, listenToAll } from './recorder.ts'

/** A platform on a copy of the filled database, and the account that has the fleet. */
export interface Fleet {
  platform: Platform
  account: TestAccount
  /** The id of one of the devices. */
  device: string
}

/** @param minDurationMs statements that take less are not recorded */
export function useFleet(minDurationMs: number, areJobsRunning = true): Fleet {
  listenToAll()
  const fleet = { platform: usePlatform({}, { areJobsRunning }) } as Fleet
  beforeAll(async () => {
    const { database, url } = fleet.platform
    await explainAll(database.pool.options as pg.ClientConfig, minDurationMs)
    const { rows } = await database.pool.query<{ account: string; device: string }>(
      'SELECT account_id AS account, id AS device FROM device ORDER BY id LIMIT 1 OFFSET 1000',
    )
    const { account: accountId = '', device = '' } = rows[0] ?? {}
    const key = generateKey()
    await insert(database, accountId, key, { name: 'laws', scopes: ['account:owner'] })
    fleet.account = { ...createClient({ baseUrl: url, key, maxRetries: 0 }), accountId, key }
    fleet.device = device
  }, 600_000)
  return fleet
}
