/** The first bytes, as many as there are of those wanted, and all pieces including them. */
export async function peek(pieces: AsyncIterable<Buffer>, bytes: number): Promise<[Buffer, AsyncIterable<Buffer>]> {
  const iterator = pieces[Symbol.asyncIterator]()
  const seen: Buffer[] = []
  let length = 0
  while (length < bytes) {
    const { done, value } = await iterator.next()
    if (done) break
    seen.push(value)
    length += value.length
  }
  async function* whole() {
    try {
      yield* seen
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  return [Buffer.concat(seen).subarray(0, bytes), whole()]
}
