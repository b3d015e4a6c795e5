/**
 * Generates a new `Idempotency-Key`: 128 random bits as 32 hexadecimal digits. Source: docs/contract.md §1.
 */
export function idempotencyKey(): string {
  // Browsers on plain http, where a self-hosted Controller may be, do not have crypto.randomUUID.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
