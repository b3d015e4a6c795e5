import { Gauge, type Registry } from '@prometheus-io/client'
import type { Db } from '../../core/db/database.ts'
import { lagSeconds } from './service.ts'

/** Looks when it is asked. */
export function measureLag(registry: Registry, db: Db): void {
  new Gauge({
    name: 'mason_event_lag_seconds',
    help: 'Age of the oldest open transaction that has written events: for so long it holds back those of others',
    registers: [registry],
    async collect() {
      this.set(await lagSeconds(db))
    },
  })
}
