import { createHash } from 'node:crypto'
import { exchange, type RawAnswer } from './exchange.ts'

/** Something that the CLI registers, as it describes it. */
export interface CliUpload {
  name: string
  version: string
  type: 'apk' | 'config' | 'media'
  bytes: Buffer
  contentType?: string
  meta?: object
}

/**
 * Speaks as the public `mason` command does, header for header: python-requests, one request after the other or several
 * side by side, members that nobody asked for, a JSON Content-Type on every GET.
 */
export function officialCli(baseUrl: string, token: string, customer: string) {
  const common = {
    'User-Agent': 'python-requests/2.25.1',
    'Accept-Encoding': 'gzip, deflate',
    Accept: '*/*',
    Connection: 'keep-alive',
  }
  const authorization = `Bearer ${token}`
  const json = { 'Content-Type': 'application/json' }
  const get = (path: string, headers: Record<string, string> = json) =>
    exchange(baseUrl, { path, authorization, headers: { ...common, ...headers } })
  const post = (path: string, body: object) =>
    exchange(baseUrl, {
      method: 'POST',
      path,
      authorization,
      headers: { ...common, ...json },
      body: JSON.stringify(body),
    })

  const register = async (
    { name, version, type, bytes, contentType, meta }: CliUpload,
    { slash = '', noContentType = false } = {},
  ): Promise<RawAnswer> => {
    const md5 = createHash('md5').update(bytes).digest('base64')
    const query = `type=${type}${noContentType ? '&noContentType=true' : ''}`
    const signed = await get(`/api/registry/signedurl/${customer}/${name}/${version}?${query}`, {
      ...json,
      'Content-MD5': md5,
    })
    if (signed.status !== 200) return signed
    const { signed_request: target, url } = JSON.parse(signed.text) as { signed_request: string; url: string }
    const { origin, pathname, search } = new URL(target)
    const put = await exchange(origin, {
      method: 'PUT',
      path: pathname + search,
      headers: { ...common, 'Content-MD5': md5, ...(contentType && !noContentType && { 'Content-Type': contentType }) },
      body: bytes,
    })
    if (put.status !== 200) return put
    return post(`/api/registry/artifacts/${customer}${slash}`, {
      name,
      version,
      customer,
      url,
      type,
      checksum: { sha1: createHash('sha1').update(bytes).digest('hex') },
      ...meta,
    })
  }

  return {
    get,
    post,
    register,
    projects: () => get(`/api/dashboard/projects/${customer}`, {}),
    versions: (type: string, name: string) => get(`/api/registry/artifacts/${customer}/${type}/${name}`),
    artifact: (type: string, name: string, version: string) =>
      get(`/api/registry/artifacts/${customer}/${type}/${name}/${version}`),
    startBuild: (project: string, version: string, more: object = {}) =>
      post(`/api/tracker/builder/${customer}/jobs`, { customer, project, version, fastBuild: false, ...more }),
    pollBuild: (submittedAt: number) => get(`/api/tracker/builder/${customer}/jobs/${submittedAt}`),
    deploy: (fields: object) => post('/api/deploy', { customer, deployInsecure: false, ...fields }),
  }
}
