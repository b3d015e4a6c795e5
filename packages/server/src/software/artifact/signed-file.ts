import { bare } from '@mason/contract/common'
import { route } from '@mason/contract/route'
import sql from 'sql-template-tag'
import T from 'typebox'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'

/**
 * Where agents download files that have no credential for it. The signature stands in the path, for Headwind's agent knows a
 * file by the last part of its URL: that is the same for the same file and never for two.
 */
export const getSignedFile = route({
  method: 'GET',
  url: '/agent/file/:expires/:signature/:sha256/:name',
  config: { scope: 'public' },
  schema: {
    operationId: 'getSignedFile',
    summary: 'Download a file that the platform has signed a URL for',
    tags: ['Device side'],
    params: T.Object({ expires: T.String(), signature: T.String(), sha256: T.String(), name: T.String() }),
    response: bare(T.Unknown()),
  },
})

const pathOf = (sha256: string, name: string) => `/agent/file/${sha256}/${encodeURIComponent(name)}`

/** A URL, from the origin, by which whoever has it may download a file until then. */
export function signFile(signer: UrlSigner, sha256: string, name: string, expiresAt: Date): string {
  const [, query = ''] = signer.sign({ method: 'GET', path: pathOf(sha256, name), expiresAt }).split('?')
  const parameters = new URLSearchParams(query)
  return `/agent/file/${parameters.get('expires')}/${parameters.get('signature')}/${sha256}/${encodeURIComponent(name)}`
}

interface SignedFile {
  expires: string
  signature: string
  sha256: string
  name: string
}

/** @throws AppError when it was not signed like this, or it is too late, or the file is gone. */
export async function findSignedFile(
  db: Db,
  signer: UrlSigner,
  method: string,
  { expires, signature, sha256, name }: SignedFile,
): Promise<{ sha256: string; size: number }> {
  signer.verify(method, `${pathOf(sha256, name)}?expires=${expires}&signature=${signature}`)
  const { rows } = await db.query<{ size: number }>(
    sql`SELECT size::float8 AS size FROM storage_object WHERE sha256 = ${sha256}`,
  )
  if (!rows[0]) throw notFound('file')
  return { sha256, size: rows[0].size }
}

/** Finds a version of an app, and signs a URL for it. */
export const apkFinder =
  (signer: UrlSigner, publicUrl: () => string) =>
  async (
    db: Db,
    accountId: string,
    name: string,
    version: string,
    until: Date,
  ): Promise<{ sha256: string; url: string } | undefined> => {
    const { rows } = await db.query<{ sha256: string }>(sql`
      SELECT sha256 FROM artifact
      WHERE account_id = ${accountId} AND type = 'apk' AND name = ${name} AND version = ${version}`)
    const [apk] = rows
    return apk && { ...apk, url: publicUrl() + signFile(signer, apk.sha256, `${name}-${version}.apk`, until) }
  }
