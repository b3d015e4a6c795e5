/**
 * No whole answer arrived: the host could not be reached, the connection was cut, or the time for an attempt ran out.
 * `cause` is what `fetch` threw.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
}
