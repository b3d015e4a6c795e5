import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import pg from 'pg'

/** What the driver has inside. */
interface Inner {
  connection: EventEmitter & { stream: Socket }
}

/**
 * A connection to a primary. After a failover the same address may lead to a standby for a moment, or for good: it says what it
 * is when a connection begins, and is then given up before it answers with what is out of date.
 */
export class PrimaryClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    const { connection } = this as unknown as Inner
    connection.on('parameterStatus', ({ parameterName, parameterValue }: Record<string, string>) => {
      if (parameterName === 'in_hot_standby' && parameterValue === 'on') connection.stream.destroy(onlyReads())
    })
  }
}

/** As PostgreSQL itself refuses to write there. */
const onlyReads = () =>
  Object.assign(new pg.DatabaseError('this PostgreSQL is a standby', 0, 'error'), { code: '25006' })
