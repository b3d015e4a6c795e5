import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from '@nats-io/transport-node'
import { eventually } from './eventually.ts'
import { freePort } from './free-port.ts'

export function isNatsInstalled(): boolean {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A NATS server that can be killed and come back. */
export async function startNats() {
  const port = await freePort()
  let server: ChildProcess
  const start = async () => {
    server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '--user', 'mason', '--pass', 'p@ss'])
    await eventually(async () => {
      const client = await connect({ servers: `127.0.0.1:${port}`, user: 'mason', pass: 'p@ss' })
      await client.close()
    })
  }
  await start()
  return {
    url: `nats://mason:p%40ss@127.0.0.1:${port}`,
    start,
    kill: async () => {
      if (server.exitCode === null && server.kill('SIGKILL')) await once(server, 'exit')
    },
    /** A client that hears and says everything. */
    listen: () => connect({ servers: `127.0.0.1:${port}`, user: 'mason', pass: 'p@ss' }),
  }
}
