#!/usr/bin/env node
import { parseScope, scopes } from '@mason/contract/scopes'
import { Command } from 'commander'
import pg from 'pg'
import * as accounts from './account/service.ts'
import { generateKey } from './apikey/key.ts'
import { insert } from './apikey/service.ts'
import { Background } from './background.ts'
import { type Config, readConfig } from './config.ts'
import type { Database } from './db/database.ts'
import { migrate } from './db/migrate.ts'
import { explained, openDatabase } from './db/open.ts'
import { forgetKey } from './encryption-key.ts'
import { AppError } from './errors.ts'
import { toAppError } from './http/errors.ts'
import { serve } from './serve.ts'
import { breakGlass } from './user/owner.ts'
import { version } from './version.ts'

const print = (line: string) => {
  process.stdout.write(`${line}\n`)
}

/** Runs one command against the database, beside a running server or on its own. */
async function withDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  const quiet = { info: () => {}, error: (message: string) => process.stderr.write(`${message}\n`) }
  const config = readConfig(process.env)
  const background = new Background({ info: () => {}, error: (_details, message) => quiet.error(message) })
  const { database, close } = await openDatabase(config, { mode: 'join', log: quiet, background })
  try {
    await explained(config, () => work(database))
  } finally {
    await close()
  }
}

/** A little less than what is promised, for the process itself to end. */
const endMs = 9_700

async function run(config: Config): Promise<void> {
  const starting = serve(config, print)
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
  await starting
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
  .action(() => run(readConfig(process.env)))
program
  .command('migrate')
  .description('bring the database to this version')
  .action(() => withDatabase(async (database) => print(`The database is at version ${await migrate(database)}`)))

const account = program.command('account').description('accounts: wholly apart from each other')
account
  .command('create <name>')
  .description('make an account and print its owner key')
  .action((name: string) =>
    withDatabase(async (database) => {
      await migrate(database)
      const { key } = await accounts.create(database, name)
      print(key)
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
      const made = generateKey()
      await insert(database, owner.id, made, { name, scopes: wanted })
      print(made)
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
      await forgetKey(database)
      print(
        'The next start seals with a new key, or with MASON_ENCRYPTION_KEY. People set up their second factors anew.',
      )
    }),
  )

const user = program.command('user').description('users: people who sign in')
user
  .command('password <email>')
  .description('give a user a new password and print it: for when nobody can sign in')
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

program.parseAsync().catch(fail)
