// `npm run dev`: the server, restarted on every change, behind Vite's development server for the Controller.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import path from 'node:path'
import { createLogger, createServer, type Plugin } from 'vite'
import { serverPaths } from './server-paths.ts'
import { startServerProcess } from './server-process.ts'

const packages = path.resolve(import.meta.dirname, '../..')
/** A change below these restarts the server. */
const serverFolders = ['server/src', 'server/migrations', 'server/sql', 'contract/src'].map((folder) =>
  path.join(packages, folder),
)
const { HOST = '127.0.0.1', PORT = '8080', DATA_DIR = './data', LOG_LEVEL = 'warn' } = process.env
const signInFile = path.join(DATA_DIR, 'dev-sign-in')

const print = (line: string) => {
  process.stdout.write(`${line}\n`)
}

async function main(): Promise<void> {
  const serverPort = await freePort()
  const target = `http://127.0.0.1:${serverPort}`
  const port = PORT === '0' ? await freePort() : Number(PORT)
  const url = `http://${HOST === '0.0.0.0' ? 'localhost' : HOST}:${port}`

  let email = ''
  const server = startServerProcess({
    environment: {
      PUBLIC_URL: url,
      ...process.env,
      HOST: '127.0.0.1',
      PORT: String(serverPort),
      DATA_DIR,
      LOG_LEVEL,
      DRAIN_SECONDS: '0',
      // Spares most of what a restart costs: 250 files of TypeScript are stripped of their types once.
      NODE_COMPILE_CACHE: path.resolve(packages, '../node_modules/.cache/node-compile'),
    },
    onLine: (line) => {
      const [, label, value = ''] = /^(Owner|Owner password): (\S+)$/.exec(line) ?? []
      if (label === 'Owner') email = value
      else if (label === 'Owner password') rememberSignIn(email, value)
      else if (line.startsWith('{') && !line.includes('The Controller is not built')) print(line)
    },
    onReady: ({ isFirst, ms }) => {
      if (isFirst) printWelcome(url)
      else print(`Server restarted in ${(ms / 1000).toFixed(1)} s`)
    },
    onCrash: () => print('The server ended. It starts again when you change a file.'),
  })

  const vite = await createServer({
    root: path.join(packages, 'console'),
    customLogger: quietAboutRestarts(),
    clearScreen: false,
    plugins: [waitFor(server.isServing), fillPage],
    server: {
      host: HOST,
      port,
      strictPort: true,
      proxy: { [serverPaths.source]: { target, ws: true } },
    },
  })
  vite.watcher.add(serverFolders).on('all', (_event, file) => {
    if (serverFolders.some((folder) => file.startsWith(folder)) && !file.endsWith('.test.ts')) server.restart()
  })
  await vite.listen()

  let isStopping = false
  const stop = async () => {
    // Ctrl-C arrives twice, from the terminal and from npm.
    if (isStopping) return
    isStopping = true
    await Promise.all([server.stop(), vite.close()])
    process.exit(0)
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
}

/** Connections that break when the server restarts are no news. */
function quietAboutRestarts() {
  const logger = createLogger('warn')
  const { error } = logger
  logger.error = (message, options) => {
    if (!message.includes('proxy')) error(message, options)
  }
  return logger
}

/** Requests for the server wait while it restarts. */
const waitFor = (isServing: () => Promise<boolean>): Plugin => ({
  name: 'wait-for-server',
  configureServer: ({ middlewares }) => {
    middlewares.use(async (request, response, next) => {
      if (!serverPaths.test(request.url ?? '') || (await isServing())) return next()
      response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' })
      response.end(JSON.stringify({ type: 'api_error', message: 'The server is not running: see the terminal' }))
    })
  },
})

/** Fills in what the server fills into the built page. */
const fillPage: Plugin = {
  name: 'fill-page',
  transformIndexHtml: (html) =>
    html
      .replace('__CSP_NONCE__', '')
      .replace('__MAP_STYLE__', process.env.MAP_STYLE_URL ?? '')
      .replace('__MAP_ORIGINS__', process.env.MAP_ORIGINS?.replaceAll(',', ' ') ?? ''),
}

function rememberSignIn(email: string, password: string): void {
  mkdirSync(DATA_DIR, { recursive: true })
  writeFileSync(signInFile, `${email}, password ${password}`, { mode: 0o600 })
}

function printWelcome(url: string): void {
  let signIn = '`npx mason-server user password owner@localhost` prints a new password'
  try {
    signIn = readFileSync(signInFile, 'utf8')
  } catch {
    // The first start was not one of ours, so the password is not known.
  }
  print(`\n  Open      ${url}`)
  print(`  Sign in   ${signIn}`)
  print('  Fill it   npm run seed, in another terminal')
  print('  Stop      Ctrl-C\n')
}

async function freePort(): Promise<number> {
  const probe = createTcpServer()
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', resolve)
  })
  const address = probe.address()
  await new Promise((resolve) => {
    probe.close(resolve)
  })
  return typeof address === 'object' && address ? address.port : 0
}

await main()
