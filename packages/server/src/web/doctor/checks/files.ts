import type { Check } from '../check.ts'

/** The bucket of artifacts and exports: a small object is written and read back, as at the start. */
export const files: Check = {
  name: 'files',
  look: async ({ config }) => {
    const { S3_BUCKET } = config
    if (S3_BUCKET === undefined) return { skipped: 'S3_BUCKET is not set; they are in DATA_DIR/storage' }
    const { openS3 } = await import('../../../core/storage/s3.ts')
    await openS3({ ...config, S3_BUCKET })
    return { seen: `the bucket ${S3_BUCKET} takes and gives` }
  },
}
