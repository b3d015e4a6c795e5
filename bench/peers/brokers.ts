import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { CertificateFiles } from '../../packages/server/test/tls.ts'
import { onClose } from '../closing.ts'
import { findFreePort } from '../platform.ts'
import { startServer } from './server.ts'

/** A broker that is installed on this machine. */
export interface BrokerKind {
  name: string
  /** What it does not do in what is measured, in plain words. */
  leavesOut: string
  start(certificate?: CertificateFiles): Promise<RunningBroker>
}

interface RunningBroker {
  pid: number
  port: number
  stop(): Promise<void>
}

/** Debian's packages: `apt-get install mosquitto nats-server`. */
export function findBrokers(): BrokerKind[] {
  const [mosquitto, nats] = [find('mosquitto'), find('nats-server')]
  if (!mosquitto || !nats)
    process.stderr.write('Not found, so not measured: install mosquitto and nats-server of Debian\n')
  return [
    ...(mosquitto
      ? [
          {
            name: `mosquitto ${versionOf(mosquitto, '-h')}`,
            leavesOut: 'it checks no credential here, keeps nothing on disk, and records neither presence nor outcomes',
            start: (certificate?: CertificateFiles) => start(mosquitto, mosquittoSettings, certificate),
          },
        ]
      : []),
    ...(nats
      ? [
          {
            name: `NATS ${versionOf(nats, '--version')}`,
            leavesOut:
              'it checks no credential here and records neither presence nor outcomes; it keeps sessions and messages on disk, but syncs them only now and then',
            start: (certificate?: CertificateFiles) => start(nats, natsSettings, certificate),
          },
        ]
      : []),
  ]
}

const find = (name: string) =>
  [...(process.env.PATH ?? '').split(':'), '/usr/sbin'].map((folder) => path.join(folder, name)).find(existsSync)

function versionOf(program: string, flag: string): string {
  let text = ''
  try {
    text = execFileSync(program, [flag], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    text = String((error as { stdout?: string }).stdout)
  }
  return /(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? ''
}

type Settings = (port: number, folder: string, certificate: CertificateFiles | undefined) => string

const mosquittoSettings: Settings = (port, _, certificate) => `
listener ${port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
log_dest none
${process.getuid?.() === 0 ? 'user root' : ''}
${certificate ? `certfile ${certificate.cert}\nkeyfile ${certificate.key}` : ''}
`

const natsSettings: Settings = (port, folder, certificate) => `
server_name: bench
listen: "127.0.0.1:-1"
jetstream { store_dir: ${JSON.stringify(folder)} }
mqtt {
  listen: "127.0.0.1:${port}"
  ${certificate ? `tls { cert_file: ${JSON.stringify(certificate.cert)}, key_file: ${JSON.stringify(certificate.key)} }` : ''}
}
`

async function start(
  program: string,
  settings: Settings,
  certificate: CertificateFiles | undefined,
): Promise<RunningBroker> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-broker-'))
  onClose(() => rm(folder, { recursive: true, force: true }))
  const [file, port] = [path.join(folder, 'settings.conf'), await findFreePort()]
  await writeFile(file, settings(port, folder, certificate))
  const answers = async () => {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return true
    } finally {
      socket.destroy()
    }
  }
  return { port, ...(await startServer([program, '-c', file], {}, answers)) }
}
