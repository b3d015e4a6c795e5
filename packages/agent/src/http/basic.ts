/** The `Authorization` header of a device's credential. Source: RFC 7617, docs/contract.md §6. */
export function basicAuthorization({ id, secret }: { id: string; secret: string }): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
}
