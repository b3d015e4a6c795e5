// Measures the platform beside other programs that do the same work on the same machine, and prints the ratios.
import { parseArgs } from 'node:util'
import { runProgram } from '../closing.ts'
import { installPeers } from './install.ts'
import { httpTable, mqttTable } from './tables.ts'

const usage =
  'npm run bench:peers -- [--only http,mqtt] [--devices 10000] [--connections 5000] [--seconds 5] [--rounds 3]'

/** The whole takes a few minutes; it ends by itself when something never does. */
const longestMs = 20 * 60_000

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string', default: 'http,mqtt' },
      devices: { type: 'string', default: '10000' },
      connections: { type: 'string', default: '5000' },
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '3' },
    },
  })
  const parts = values.only.split(',')
  const [devices, connections] = [Number(values.devices), Number(values.connections)]
  const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
  if (!parts.every((part) => part === 'http' || part === 'mqtt')) throw new Error(usage)
  if (!(devices >= 1_000 && connections >= 100 && seconds >= 1 && rounds >= 1)) throw new Error(usage)
  return { parts, devices, connections, seconds, rounds }
}

async function main(): Promise<void> {
  const { parts, ...options } = readOptions(process.argv.slice(2))
  setTimeout(() => process.kill(process.pid, 'SIGTERM'), longestMs).unref()
  const tables: string[] = []
  if (parts.includes('http')) {
    await installPeers()
    // Loaded now: it needs what was installed.
    const { measureHttp } = await import('./http.ts')
    tables.push(httpTable(await measureHttp(options)))
  }
  if (parts.includes('mqtt')) {
    const { measureMqtt } = await import('./mqtt.ts')
    tables.push(mqttTable(await measureMqtt(options)))
  }
  process.stdout.write(`\n${tables.join('\n\n')}\n`)
}

await runProgram(main)
