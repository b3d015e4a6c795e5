import type { Config } from '../../config.ts'
import { invalid } from '../../core/errors.ts'
import type { Guard } from '../../core/outbound/guard.ts'
import { Refused } from '../../core/outbound/guard.ts'
import { readUrl } from '../../core/settings/url.ts'

/** What decides where webhooks may lead. */
export interface Rules {
  guard: Guard
  config: Pick<Config, 'WEBHOOK_ALLOW_HTTP'>
}

/** What is wrong with the address of a webhook, as far as it can be told without connecting. */
export function faultOf(text: string, { guard, config }: Rules): string | undefined {
  if (/^http:/i.test(text) && !config.WEBHOOK_ALLOW_HTTP)
    return 'must be an https:// URL; the setting WEBHOOK_ALLOW_HTTP allows http'
  const { fault, url } = readUrl(text, { schemes: ['https:', 'http:'], kept: 'exact' })
  if (fault !== undefined) return fault
  try {
    guard.check(new URL(url).hostname)
  } catch (error) {
    if (error instanceof Refused) return `leads to a host that is not allowed: ${error.message}`
    throw error
  }
  return undefined
}

/** @throws AppError (400) for an address that no event would be posted to. */
export function refuseBadUrl(url: string | undefined, rules: Rules): void {
  const fault = url === undefined ? undefined : faultOf(url, rules)
  if (fault !== undefined) throw invalid('/url', fault)
}
