import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Validity } from './apk/der.ts'
import { newSigningKey } from './apk/make.ts'

/** A self-signed certificate and its key in files, as an operator has them. */
export interface CertificateFiles {
  cert: string
  key: string
}

const pem = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`

/** Writes a new pair, over an earlier one or into a folder of its own. */
export async function writeCertificate(
  name = 'localhost',
  files?: CertificateFiles,
  valid?: Validity,
): Promise<CertificateFiles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-tls-'))
  const { cert, key } = files ?? { cert: path.join(folder, 'cert.pem'), key: path.join(folder, 'key.pem') }
  const { certificate, privateKey } = newSigningKey(`CN=${name}`, valid)
  await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(cert, pem('CERTIFICATE', certificate))
  return { cert, key }
}
