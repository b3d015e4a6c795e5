import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  S3Client,
  type S3ClientConfig,
  type S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { AppError } from '../errors.ts'
import { refuseFull } from './full.ts'
import { probeS3, type S3Config } from './s3-probe.ts'
import { endWhenSilent } from './silent.ts'
import type { ObjectStore } from './storage.ts'

/** Larger contents go in parts of this size, two of them in memory at a time. */
const partSize = 8 * 2 ** 20
const partsAtOnce = 2

/** A server that says nothing for so long is away; a read waits so long for its answer to begin, then for each piece. */
const patience = { connectMs: 3_000, answerMs: 10_000, pieceMs: 30_000 }
const retryAfterSeconds = 10

/**
 * Contents in a bucket of S3 or of a server that speaks it.
 *
 * @throws StartError when the bucket cannot be used, with the setting at fault.
 */
export async function openS3(
  config: S3Config,
  { connectMs, answerMs, pieceMs }: typeof patience = patience,
): Promise<ObjectStore> {
  const writer = openClient(config, { connectionTimeout: connectMs, socketTimeout: answerMs })
  // A reader that is slow to take what came must not be cut off: silence is counted by `endWhenSilent` alone.
  const reader = openClient(config, {
    connectionTimeout: connectMs,
    requestTimeout: answerMs,
    throwOnRequestTimeout: true,
  })
  await probeS3(writer, config)
  const index = (sha256: string) => ({ Bucket: config.S3_BUCKET, Key: `objects/${sha256}` })
  const has: ObjectStore['has'] = async (sha256) => {
    try {
      await reader.send(new HeadObjectCommand(index(sha256)))
      return true
    } catch (error) {
      // Without the right to list, Amazon says 403 of what is not there.
      if (isStatus(error, 404) || isStatus(error, 403)) return false
      throw away(error)
    }
  }
  return {
    has,
    keep: async ({ file, sha256 }) => {
      if (await has(sha256)) return
      const params = { ...index(sha256), Body: createReadStream(file, { highWaterMark: 2 ** 20 }) }
      try {
        await new Upload({ client: writer, params, partSize, queueSize: partsAtOnce }).done()
      } catch (error) {
        throw away(refuseFull(error))
      } finally {
        params.Body.destroy()
      }
    },
    get: async (sha256, range) => {
      const Range = range && `bytes=${range.first}-${range.last}`
      const { Body } = await reader
        .send(new GetObjectCommand({ ...index(sha256), ...(Range !== undefined && { Range }) }))
        .catch((error) => {
          throw isStatus(error, 404) ? error : away(error)
        })
      if (Body instanceof Readable) return endWhenSilent(Body, pieceMs)
      throw new Error(`The content ${sha256} came without a body`)
    },
    remove: async (sha256) => {
      await reader.send(new DeleteObjectCommand(index(sha256)))
    },
  }
}

const isStatus = (error: unknown, status: number) => (error as S3ServiceException).$metadata?.httpStatusCode === status

/** What a failure of the bucket means to whoever waits for it. */
function away(cause: unknown): unknown {
  if (cause instanceof AppError) return cause
  const refusal = new AppError('api_error', 'The storage is not available for the moment', {
    status: 503,
    retryAfter: retryAfterSeconds,
  })
  return Object.assign(refusal, { cause })
}

function openClient(config: S3Config, requestHandler: NonNullable<S3ClientConfig['requestHandler']>): S3Client {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config
  return new S3Client({
    region: config.S3_REGION,
    forcePathStyle: (config.S3_ADDRESSING_STYLE ?? (config.S3_ENDPOINT === undefined ? 'virtual' : 'path')) === 'path',
    ...(config.S3_ENDPOINT !== undefined && { endpoint: config.S3_ENDPOINT }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
    // Requests are signed over the SHA-256 of their bodies already, and many servers know no other checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler,
  })
}
