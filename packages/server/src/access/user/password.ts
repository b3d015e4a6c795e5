import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { dictionary } from '@zxcvbn-ts/language-common'
import { AppError, invalid } from '../../core/errors.ts'

/** One of OWASP's equals of N = 2^17: five rounds in 16 MiB, 0.2 s each time; in 32 MiB, a busy machine took twice that and more. */
export const cost = { N: 2 ** 14, r: 8, p: 5 }
const maxmem = 2 ** 26
const keyLength = 32
/** Of the four threads of Node's pool, two stay free for files and the like. */
const concurrency = 2
const maxWaiting = 200

let running = 0
const waiting: (() => void)[] = []

/** Derives the key off the event loop, a few at a time: each takes a processor and much memory. */
async function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  if (running >= concurrency) {
    if (waiting.length >= maxWaiting)
      throw new AppError('api_error', 'Too many users are signing in at once', { status: 503, retryAfter: 5 })
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running++
  try {
    return await new Promise((resolve, reject) =>
      scrypt(password.normalize('NFKC'), salt, keyLength, options, (error, key) =>
        error ? reject(error) : resolve(key),
      ),
    )
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

/** What is kept of a password, as `scrypt$N$r$p$salt$key`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, { ...cost, maxmem })
  return toText(salt, key)
}

function toText(salt: Buffer, key: Buffer): string {
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join('$')
}

/** A hash that no password has: checking against it takes as long as against any other. */
const nobody = () => toText(randomBytes(16), Buffer.alloc(keyLength))

/** Whether it is the password; against no hash it takes its time and says no. */
export async function isPassword(password: string, hash: string | null | undefined): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = (hash ?? nobody()).split('$')
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem }
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'base64'), options), Buffer.from(key, 'base64'))
}

const minLength = 8
const maxLength = 200
let common: ReadonlySet<string> | undefined

/** @throws AppError that says why this cannot be anybody's new password. */
export async function refuseWeakPassword(
  path: string,
  password: string,
  email: string,
  earlier: string[],
): Promise<void> {
  const text = password.normalize('NFKC')
  const { length } = [...text]
  if (length < minLength || length > maxLength) throw invalid(path, `must have ${minLength} to ${maxLength} characters`)
  common ??= new Set<string>(dictionary['passwords-common'].map(String))
  const lower = text.toLowerCase()
  const isTooCommon =
    common.has(lower) || new Set(lower).size < 3 || lower === email || lower === email.split('@', 1)[0]
  if (isTooCommon) throw invalid(path, 'is too easy to guess')
  for (const hash of earlier)
    if (await isPassword(password, hash)) throw invalid(path, 'must not be one of the last five passwords')
}
