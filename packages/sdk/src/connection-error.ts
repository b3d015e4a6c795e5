/**
 * No whole answer arrived: the host could not be reached, the connection was closed, or the attempt timed out. `cause` is
 * the error of `fetch`.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}
