import type { Registry } from '@prometheus-io/client'
import type { Db } from '../../core/db/database.ts'
import { measureCounts } from '../../core/jobs/measure-counts.ts'

export function measureDevices(registry: Registry, db: Db): void {
  measureCounts(registry, db, { name: 'mason_devices', help: 'Devices of all accounts', kind: 'devices' })
  const help = 'Devices of all accounts that are online'
  measureCounts(registry, db, { name: 'mason_devices_online', help, kind: 'online' })
}
