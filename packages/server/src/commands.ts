import cluster from 'node:cluster'
import { parseScope, scopes } from '@mason/contract/scopes'
import { Command } from 'commander'
import pg from 'pg'
import * as accounts from './access/account/service.ts'
import { breakGlass } from './access/user/owner.ts'
import { createAccount, createKey, forgetEncryptionKey } from './audited-commands.ts'
import { type Config, readConfig } from './config.ts'
import { Background } from './core/background.ts'
import { type BackupOptions, backUp } from './core/backup/backup.ts'
import { describe } from './core/backup/contents.ts'
import { refuseMissing } from './core/backup/empty.ts'
import { restore } from './core/backup/restore.ts'
import { isStandard, openInput, writeWhole } from './core/backup/streams.ts'
import { verify } from './core/backup/verify.ts'
import type { Database } from './core/db/database.ts'
import { migrate } from './core/db/migrate.ts'
import { explained, openDatabase } from './core/db/open.ts'
import { AppError } from './core/errors.ts'
import { toAppError } from './core/http/errors.ts'
import { generateKey } from './core/key.ts'
import { openLog } from './core/start/log.ts'
import { version } from './core/version.ts'
import { verifyAll } from './outward/audit/command.ts'

const print = (line: string) => {
  process.stdout.write(`${line}\n`)
}

const say = (line: string) => process.stderr.write(`${line}\n`)
/** What a command says of its work beside what it prints: failures alone. */
const log = { info: () => {}, error: (message: string) => void say(message) }
const background = new Background({ info: () => {}, error: (_details, message) => void say(message) })

/** Runs one command against the database, beside a running server or on its own. */
async function withDatabase(
  work: (database: Database, config: Config) => Promise<void>,
  config = readConfig(process.env),
  { isPatient = false } = {},
): Promise<void> {
  const { database, close } = await openDatabase(config, { mode: 'join', log, background, isPatient })
  try {
    await explained(config, () => work(database, config))
  } finally {
    await close()
  }
}

/** A little less than what is promised, for the process itself to end. */
const endMs = 9_700

async function run(config: Config): Promise<void> {
  surviveUnhandled(openLog(config.LOG_LEVEL, { worker: cluster.worker?.id }))
  const starting = cluster.isWorker
    ? import('./serve-worker.ts').then(({ serveWorker }) => serveWorker(config))
    : import('./serve.ts').then(({ serve }) => serve(config, print))
  let isStopping = false
  const stop = () => {
    // Ctrl-C reaches the server twice, from the terminal and from npm.
    if (isStopping) return
    isStopping = true
    setTimeout(() => process.exit(0), config.DRAIN_SECONDS * 1000 + endMs)
    starting.then((running) => running.stop()).then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
  process.on('SIGHUP', () => starting.then((running) => running.reload()).catch(() => {}))
  // The terminal or supervisor that reads it may be gone.
  process.stdout.on('error', () => {})
  // The primary process says why a worker cannot start.
  if (cluster.isWorker) await starting.catch(() => process.exit(1))
  else await starting
}

/** The queue writes how a job ended and looks at no answer: while PostgreSQL is away that fails, and the node goes on. */
function surviveUnhandled(log: { error(details: object, message: string): void }): void {
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'Work in the background failed unseen'))
}

function fail(error: unknown): never {
  process.stderr.write(`${sentence(error instanceof Error ? error : new Error(String(error)))}\n`)
  process.exit(1)
}

function sentence(error: Error): string {
  const refusal = error instanceof pg.DatabaseError ? toAppError(error) : error
  return refusal instanceof AppError && refusal.status < 500 ? refusal.message : error.message
}

const program = new Command('mason-server').description('The Mason Platform server').version(version)
program
  .command('serve', { isDefault: true })
  .description('run the platform')
  .option('--role <roles>', 'what this node serves: api, gateway, worker, separated by commas (ROLE; all by default)')
  .action(({ role }: { role?: string }) =>
    run(readConfig({ ...process.env, ...(role !== undefined && { ROLE: role }) })),
  )
program
  .command('doctor')
  .description('look at everything that is set, and say what fails, what will, and what to do; 1 if something fails')
  .action(async () => {
    const config = readConfig(process.env)
    const { examine } = await import('./web/doctor/examine.ts')
    const faults = await examine(config, print, () =>
      explained(config, () => openDatabase(config, { mode: 'join', log, background })),
    )
    process.exitCode = faults === 0 ? 0 : 1
  })
program
  .command('migrate')
  .description('bring the database to this version')
  .action(() => withDatabase(async (database) => print(`The database is at version ${await migrate(database)}`)))

program
  .command('backup <file>')
  .description('write the database and the files to one file, beside a running server; - for the standard output')
  .option('--with-key', 'put the encryption key into it: who has the file then has every secret')
  .option('--without-lost-files', 'go on without files that the disk has lost')
  .action((file: string, options: BackupOptions) => {
    const config = readConfig(process.env)
    refuseMissing(config)
    return withDatabase(
      async (database) => {
        const backup = await writeWhole(file, (openOutput) => backUp(config, database, openOutput, options))
        const tell = isStandard(file) ? say : print
        tell(`Backed up:\n  ${describe(backup)}`)
      },
      config,
      { isPatient: true },
    )
  })
program
  .command('verify <file>')
  .description('read a backup to its end, check every byte, and say what is in it; - for the standard input')
  .action(async (file: string) => {
    const backup = await verify(await openInput(file))
    const tables = backup.manifest.tables.map(({ name, rows }) => `\n  ${name}\t${rows}`).join('')
    print(`The backup is whole:\n  ${describe(backup)}${tables}`)
  })
program
  .command('restore <file>')
  .description(
    'bring a backup back in an empty DATA_DIR or database, with the server stopped; - for the standard input',
  )
  .action(async (file: string) => {
    const config = readConfig(process.env)
    const open = () => openDatabase(config, { mode: 'own', log, background, isPatient: true })
    const input = await openInput(file)
    const { backup, remarks } = await explained(config, () => restore(config, input, background, open))
    print(`Restored:\n  ${describe(backup)}`)
    for (const remark of remarks) say(remark)
  })

const account = program.command('account').description('accounts: wholly apart from each other')
account
  .command('create <name>')
  .description('make an account and print its owner key')
  .action((name: string) =>
    withDatabase(async (database) => {
      await migrate(database)
      print(await createAccount(database, name))
    }),
  )
account
  .command('list')
  .description('list the accounts')
  .action(() =>
    withDatabase(async (database) => {
      await migrate(database)
      for (const { id, name, devices, createdAt } of await accounts.list(database))
        print(`${name}\t${id}\t${devices} devices\tsince ${createdAt.toISOString()}`)
    }),
  )

const key = program.command('key').description('API keys')
key
  .command('new')
  .description('print a well-formed key, for MASON_OWNER_KEY')
  .action(() => print(generateKey()))
key
  .command('create')
  .description('make a key in the database and print it: for when every key is lost')
  .option('--account <name>', "the account; the platform's first one by default")
  .option('--name <name>', 'what the key is for', 'break-glass')
  .option('--scope <scope...>', 'what it may do', ['account:owner'])
  .action(({ account: accountName, name, scope }: { account?: string; name: string; scope: string[] }) =>
    withDatabase(async (database) => {
      await migrate(database)
      const owner = await accounts.find(database, accountName)
      if (!owner)
        throw new Error(
          accountName === undefined
            ? 'There is no account yet: start the server first'
            : `There is no account ${accountName}`,
        )
      const wanted = scope.map((word) => {
        const known = parseScope(word)
        if (!known) throw new Error(`${word} is not a scope; there are ${scopes.join(', ')}`)
        return known
      })
      print(await createKey(database, owner.id, { name, scopes: wanted }))
    }),
  )

program
  .command('encryption-key')
  .description('the key that secrets in the database are sealed with')
  .command('forget')
  .description(
    'give the key up, with second factors and all else that it sealed: for when it is lost; stop every node first',
  )
  .action(() =>
    withDatabase(async (database) => {
      await migrate(database)
      await forgetEncryptionKey(database)
      print(
        'The next start seals with a new key, or with MASON_ENCRYPTION_KEY. Users set up their second factors anew.',
      )
    }),
  )

const user = program.command('user').description('users: who can sign in')
user
  .command('password <email>')
  .description('set a new password for a user and print it, for when nobody can sign in')
  .option('--account <name>', "the account; the platform's first one by default")
  .option('--reset-totp', 'take the second factor away too')
  .action((email: string, { account: accountName, resetTotp = false }: { account?: string; resetTotp?: boolean }) =>
    withDatabase(async (database) => {
      await migrate(database)
      const owner = await accounts.find(database, accountName)
      if (!owner) throw new Error('There is no such account: start the server first')
      print(await breakGlass(database, owner.id, email, resetTotp))
    }),
  )

program
  .command('audit')
  .description('the audit trail')
  .command('verify')
  .description(
    'compute the chain of the audit trail anew, and say the first entry that was changed, removed or swapped; 1 if there is one',
  )
  .option('--account <name>', 'the account; all by default')
  .option('--anchor <anchor>', 'what an earlier run has printed: shows that nothing before it was written anew')
  .action(({ account: accountName, anchor }: { account?: string; anchor?: string }) =>
    withDatabase(async (database) => {
      const all = (await accounts.list(database)).filter(
        ({ name }) => accountName === undefined || name === accountName,
      )
      if (all.length === 0) throw new Error('There is no such account')
      if (anchor !== undefined && all.length > 1) throw new Error('An anchor is of one account: add --account')
      process.exitCode = (await verifyAll(database, all, anchor, print)) ? 0 : 1
    }),
  )

program.parseAsync().catch(fail)
