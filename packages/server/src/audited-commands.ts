import * as accounts from './access/account/service.ts'
import { insert } from './access/apikey/service.ts'
import { byCommand } from './core/audit/by-command.ts'
import type { Database } from './core/db/database.ts'
import { forgetKey } from './core/encryption-key.ts'
import { generateKey } from './core/key.ts'

/** Makes an account. @returns its owner key. */
export const createAccount = (database: Database, name: string): Promise<string> =>
  database.transaction(async (tx) => {
    const { account, key } = await accounts.create(tx, name)
    await byCommand(tx, account.id, 'createAccount', { kind: 'account', id: account.id }, { after: { name } })
    return key
  })

/** Makes a key. @returns it. */
export const createKey = (
  database: Database,
  accountId: string,
  fields: Pick<Parameters<typeof insert>[3], 'name' | 'scopes'>,
): Promise<string> =>
  database.transaction(async (tx) => {
    const key = generateKey()
    const id = await insert(tx, accountId, key, fields)
    await byCommand(tx, accountId, 'createApiKey', { kind: 'key', id }, { after: fields })
    return key
  })

/** Gives the encryption key up; the entry stands in the account of whoever runs the platform. */
export const forgetEncryptionKey = async (database: Database): Promise<void> => {
  await forgetKey(database)
  const owner = await accounts.find(database)
  if (owner) await byCommand(database, owner.id, 'forgetEncryptionKey', { kind: 'account', id: owner.id })
}
