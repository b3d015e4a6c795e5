import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

export type TlsSettings = readonly [certificate: 'TLS_CERT' | 'MQTT_TLS_CERT', key: 'TLS_KEY' | 'MQTT_TLS_KEY']

export const tlsSettings: readonly TlsSettings[] = [
  ['TLS_CERT', 'TLS_KEY'],
  ['MQTT_TLS_CERT', 'MQTT_TLS_KEY'],
]

type TlsConfig = Partial<Record<TlsSettings[number], string | undefined>>

/** What keeps these files from serving TLS, each fault with the setting that names the file. */
export function* tlsFaults(
  given: TlsConfig,
  [certificateName, keyName]: TlsSettings,
  shown: (name: string) => string,
): Generator<string> {
  const [certificateFile, keyFile] = [given[certificateName], given[keyName]]
  if ((certificateFile === undefined) !== (keyFile === undefined))
    yield `${certificateName} and ${keyName} go together: set both or neither`
  const certificate = yield* readPem(certificateName, shown, certificateFile, readCertificate)
  const key = yield* readPem(keyName, shown, keyFile, readKey)
  if (certificate && key && !certificate.checkPrivateKey(key))
    yield `${keyName} is not the key of the first certificate in ${certificateName}: the files must belong together, the server's own certificate before those of its issuers`
}

function* readPem<T>(
  name: string,
  shown: (name: string) => string,
  file: string | undefined,
  read: (pem: string) => T,
): Generator<string, T | undefined> {
  if (file === undefined) return undefined
  try {
    return read(readSmallFile(file))
  } catch (error) {
    yield `${name} ${fileFault(error as NodeJS.ErrnoException)} (is ${shown(name)})`
    return undefined
  }
}

const largestFile = 2 ** 20

/** A file that a setting names; a pipe or device, which may never end, is none. */
export function readSmallFile(file: string): string {
  const found = statSync(file)
  if (!found.isFile() && !found.isDirectory()) throw new Error('names something that is not a regular file')
  if (found.size > largestFile) throw new Error('names a file larger than 1 MiB')
  return readFileSync(file, 'utf8')
}

/** What is wrong with a file that a setting names. */
export function fileFault({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'names a file that does not exist'
  if (code === 'EISDIR') return 'names a folder, not a file'
  if (code === 'EACCES' || code === 'EPERM') return 'names a file that this user may not read'
  return code !== undefined && /^E[A-Z]+$/.test(code) ? `names a file that cannot be read (${code})` : message
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new Error(`names a file without a certificate in PEM${/PRIVATE KEY/.test(pem) ? ': it holds a key' : ''}`)
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch {
    if (/ENCRYPTED/.test(pem)) throw new Error('names a key that a passphrase protects: decrypt it with openssl pkey')
    throw new Error(
      `names a file without a private key in PEM${/BEGIN CERTIFICATE/.test(pem) ? ': it holds a certificate' : ''}`,
    )
  }
}
