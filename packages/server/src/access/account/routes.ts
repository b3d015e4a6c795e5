import { getAccount, updateAccount } from '@mason/contract/user'
import { envelope } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as accounts from './service.ts'

export function accountRoutes({ add }: Router): void {
  add(getAccount, async ({ db, actor }) => envelope(await accounts.get(db, actor)))
  add(updateAccount, async ({ db, actor, body }) => envelope(await accounts.change(db, actor, body)))
}
