import { fileFault, readSmallFile } from './tls.ts'
import { parseDatabaseUrl } from './url.ts'

const sslModes = ['disable', 'require', 'verify-full', 'no-verify']

/** What else can be wrong with DATABASE_URL, without a look at the server. The URL itself holds a password. */
export function* databaseUrlFaults(text: string): Generator<string> {
  if (hasBareSign(text)) {
    yield 'DATABASE_URL has a user or password with a special character: percent-encode it (@ is %40, : is %3A, / is %2F, ? is %3F, # is %23, % is %25)'
    return
  }
  const url = parseDatabaseUrl(text)
  if (!url) return
  if (url.hostname.includes(',')) yield 'DATABASE_URL must name one host'
  const mode = url.searchParams.get('sslmode')
  if (mode !== null && !sslModes.includes(mode))
    yield `DATABASE_URL has an sslmode that is unknown here: use one of ${sslModes.join(', ')} (is ${JSON.stringify(mode)})`
  for (const name of ['sslrootcert', 'sslcert', 'sslkey']) {
    const file = url.searchParams.get(name)
    try {
      if (file !== null) readSmallFile(file)
    } catch (error) {
      yield `DATABASE_URL has an ${name} that ${fileFault(error as NodeJS.ErrnoException)} (is ${JSON.stringify(file)})`
    }
  }
}

/** Whether user or password hold a character that ends them early, or a % that begins nothing. */
function hasBareSign(text: string): boolean {
  const rest = text.slice(text.indexOf('//') + 2)
  const end = rest.search(/[/?#]/)
  const [authority, behind] = end === -1 ? [rest, ''] : [rest.slice(0, end), rest.slice(end)]
  const at = authority.lastIndexOf('@')
  if (at === -1) return behind.includes('@') && /^[^:]+:(?!\d{1,5}$)/.test(authority)
  if (behind.startsWith('#') || /[#@]/.test(behind.split('?', 1)[0] ?? '')) return true
  return /%(?![0-9a-f]{2})|@/i.test(authority.slice(0, at))
}
