import { GetObjectCommand, PutObjectCommand, type S3Client, type S3ServiceException } from '@aws-sdk/client-s3'
import type { Config } from '../../config.ts'
import { StartError } from '../start/start-error.ts'

export type S3Config = Pick<
  Config,
  'S3_ENDPOINT' | 'S3_REGION' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY' | 'S3_ADDRESSING_STYLE'
> & { S3_BUCKET: string }

const probeMs = 8_000
const text = 'Mason Platform can write here.\n'

/** By the code of the S3 API or of Node. */
const remedies: Readonly<Record<string, (config: S3Config) => string>> = {
  NoSuchBucket: ({ S3_BUCKET }) => `S3_BUCKET: there is no bucket ${S3_BUCKET}; make it, or name another`,
  InvalidAccessKeyId: () => 'S3_ACCESS_KEY_ID is not known there; correct it with S3_SECRET_ACCESS_KEY',
  SignatureDoesNotMatch: () => 'S3_SECRET_ACCESS_KEY is not the secret of S3_ACCESS_KEY_ID; correct it',
  CredentialsProviderError: () =>
    'S3_ACCESS_KEY_ID is not set and no credentials were found elsewhere; set it with S3_SECRET_ACCESS_KEY',
  ExpiredToken: () => 'S3_ACCESS_KEY_ID has expired; set new credentials',
  AccessDenied: ({ S3_BUCKET }) =>
    `S3_ACCESS_KEY_ID may not read and write the bucket ${S3_BUCKET}; allow it s3:PutObject, s3:GetObject and s3:DeleteObject`,
  PermanentRedirect: ({ S3_REGION }) => `S3_REGION=${S3_REGION} is not the region of the bucket; correct it`,
  AuthorizationHeaderMalformed: ({ S3_REGION }) => `S3_REGION=${S3_REGION} is not the region of the bucket; correct it`,
  RequestTimeTooSkewed: () => 'S3_ENDPOINT: the clocks of that server and of this machine differ; set them right',
}

/**
 * Writes a small object and reads it back.
 *
 * @throws StartError with the setting at fault, within seconds whatever the endpoint does.
 */
export async function probeS3(client: S3Client, config: S3Config): Promise<void> {
  const index = { Bucket: config.S3_BUCKET, Key: 'probe' }
  const abortSignal = AbortSignal.timeout(probeMs)
  try {
    await client.send(new PutObjectCommand({ ...index, Body: text }), { abortSignal })
    const { Body } = await client.send(new GetObjectCommand(index), { abortSignal })
    if ((await Body?.transformToString()) !== text) throw new Error('it gives back other bytes than it was sent')
  } catch (error) {
    throw new StartError(explain(error as S3ServiceException, config), { cause: error })
  }
}

function explain(error: S3ServiceException & { code?: string }, config: S3Config): string {
  const known = remedies[error.name] ?? remedies[error.code ?? '']
  if (known) return known(config)
  const endpoint =
    config.S3_ENDPOINT === undefined ? 'S3_ENDPOINT (unset: Amazon)' : `S3_ENDPOINT=${config.S3_ENDPOINT}`
  const status = error.$metadata?.httpStatusCode
  if (status === 403) return `S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY are refused by ${endpoint}; correct them`
  if (status === 404) return `S3_BUCKET: ${endpoint} knows no bucket ${config.S3_BUCKET}; make it, or name another`
  if (/^(AbortError|TimeoutError)$/.test(error.name))
    return `${endpoint} does not answer; correct it, or see to firewalls`
  return `${endpoint} cannot be used: ${error.message || error.code || error.name}`
}
