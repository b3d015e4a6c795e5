import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NotFound,
  S3Client,
  type S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { Config } from '../config.ts'
import { refuseFull } from './full.ts'
import type { ObjectStore } from './storage.ts'

type S3Config = Pick<
  Config,
  'S3_ENDPOINT' | 'S3_REGION' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY' | 'S3_ADDRESSING_STYLE'
> & { S3_BUCKET: string }

/** Larger contents go in parts of this size, two of them in memory at a time. */
const partSize = 8 * 2 ** 20
const partsAtOnce = 2

/** Contents in a bucket of S3 or of a server that speaks it. */
export function openS3(config: S3Config): ObjectStore {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config
  const client = new S3Client({
    region: config.S3_REGION,
    forcePathStyle: (config.S3_ADDRESSING_STYLE ?? (config.S3_ENDPOINT === undefined ? 'virtual' : 'path')) === 'path',
    ...(config.S3_ENDPOINT !== undefined && { endpoint: config.S3_ENDPOINT }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
    // Requests are signed over the SHA-256 of their bodies already, and many servers know no other checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const place = (sha256: string) => ({ Bucket: config.S3_BUCKET, Key: `objects/${sha256}` })
  const has: ObjectStore['has'] = async (sha256) => {
    try {
      await client.send(new HeadObjectCommand(place(sha256)))
      return true
    } catch (error) {
      if (error instanceof NotFound || (error as S3ServiceException).$metadata?.httpStatusCode === 404) return false
      throw error
    }
  }
  return {
    has,
    keep: async ({ file, sha256 }) => {
      if (await has(sha256)) return
      const params = { ...place(sha256), Body: createReadStream(file, { highWaterMark: 2 ** 20 }) }
      try {
        await new Upload({ client, params, partSize, queueSize: partsAtOnce }).done()
      } catch (error) {
        throw refuseFull(error)
      } finally {
        params.Body.destroy()
      }
    },
    get: async (sha256, range) => {
      const Range = range && `bytes=${range.first}-${range.last}`
      const { Body } = await client.send(
        new GetObjectCommand({ ...place(sha256), ...(Range !== undefined && { Range }) }),
      )
      if (Body instanceof Readable) return Body
      throw new Error(`The content ${sha256} came without a body`)
    },
    remove: async (sha256) => {
      await client.send(new DeleteObjectCommand(place(sha256)))
    },
  }
}
