// Parse Server by itself, with the fleet of the bench as its one class.
import type { AddressInfo } from 'node:net'
import { requirePeer } from './install.ts'
import type { ParseOptions } from './parse.ts'

const { connection, key, masterKey } = JSON.parse(process.argv[2] ?? '{}') as ParseOptions
const { ParseServer } = requirePeer('parse-server')
const express = requirePeer('express')

const app = express()
const listener = app.listen(0, '127.0.0.1', async () => {
  const { port } = listener.address() as AddressInfo
  const server = new ParseServer({
    databaseURI: 'postgres://localhost/parse',
    databaseOptions: connection,
    ...{ appId: 'bench', restAPIKey: key, masterKey, serverURL: `http://127.0.0.1:${port}/parse` },
    ...{ silent: true, logLevel: 'error', allowClientClassCreation: false },
  })
  await server.start()
  app.use('/parse', server.app)
  process.stdout.write(`${port}\n`)
})
