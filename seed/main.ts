// `npm run seed`: fills a running server with a believable fleet, by its public API.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { listDevices } from '@mason/contract/device'
import { createClient } from '@mason/sdk/client'
import { fill } from './fill.ts'
import { groups } from './groups.ts'

const usage = `npm run seed -- [--url http://127.0.0.1:8080] [--key mason_…] [--devices 300] [--leave]

  --url      the server
  --key      an API key with account:owner; the one in DATA_DIR/owner-key by default
  --devices  how many
  --leave    end when all is there; without it the devices stay connected until Ctrl-C`

const print = (line: string) => {
  process.stdout.write(`${line}\n`)
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      key: { type: 'string' },
      devices: { type: 'string', default: '300' },
      leave: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return print(usage)
  const { url, key = await ownerKey() } = values
  const { call } = createClient({ baseUrl: url, key })
  const online = await call(listDevices, { group: groups[0].name, online: true, limit: 1 })
  if (online.data.length > 0) return print('The fleet is there already, and its devices are connected')
  const fleet = await fill(url, key, { devices: Number(values.devices), print })
  if (!values.leave) {
    print(`Done. The devices stay connected until Ctrl-C. Look at ${url}`)
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  }
  await fleet.stop()
}

async function ownerKey(): Promise<string> {
  const file = path.join(process.env.DATA_DIR ?? './data', 'owner-key')
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch {
    throw new Error(`There is no key in ${file}: start the server first, or pass --key`)
  }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`)
  process.exit(1)
}
