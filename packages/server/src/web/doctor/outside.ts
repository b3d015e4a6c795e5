const answerMs = 10_000

/** By the code of Node or OpenSSL: why what is at a URL cannot be reached, and what to do. */
const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start the server and the proxy, or correct the port',
  ENOTFOUND: 'its host is not known; add it to DNS, or correct its name',
  EAI_AGAIN: 'its host cannot be resolved; see to DNS',
  ETIMEDOUT: 'it does not answer; see to firewalls, the proxy, and the route to it',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer; see to firewalls, the proxy, and the route to it',
  ECONNRESET: 'the connection is cut; see the log of the proxy',
  CERT_HAS_EXPIRED: 'its certificate has expired; renew it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host; get one for this host',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'its certificate is self-signed, which devices and browsers refuse; get one of a known authority, or set NODE_EXTRA_CA_CERTS here and trust it on every device',
  SELF_SIGNED_CERT_IN_CHAIN:
    'its certificate is of an authority that this machine does not know; set NODE_EXTRA_CA_CERTS to its file, and trust it on every device',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate comes without those of its issuers; serve the whole chain (fullchain.pem)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate comes without those of its issuers; serve the whole chain (fullchain.pem)',
  EPROTO: 'it does not speak TLS as it should; use https:// only for a port with a certificate',
}

/** Why what a setting names cannot be reached from here. */
export function explainUrl(setting: string, url: string, error: unknown): Error {
  const { cause, message } = error as Error
  const { code = '', message: reason = message } = (cause ?? error) as NodeJS.ErrnoException
  const isLate = (error as Error).name === 'TimeoutError'
  const remedy = remedies[isLate ? 'ETIMEDOUT' : code] ?? `it cannot be reached (${reason})`
  return new Error(`${setting}=${url}: ${remedy}`, { cause: error })
}

/** What is at a path of PUBLIC_URL, as others get it: by its name, through its proxy. */
export async function askPublic(url: string, path: string, headers: Record<string, string> = {}): Promise<Response> {
  const signal = AbortSignal.timeout(answerMs)
  return fetch(`${url}${path}`, { redirect: 'manual', signal, headers }).catch((error) => {
    throw explainUrl('PUBLIC_URL', url, error)
  })
}

export const notSet = { skipped: 'PUBLIC_URL is not set' }
