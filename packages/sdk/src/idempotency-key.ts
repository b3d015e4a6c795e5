/**
 * Makes a fresh `Idempotency-Key`: 128 random bits as 32 hexadecimal digits. Source: contract §1.
 */
export function idempotencyKey(): string {
  // crypto.randomUUID is missing in browsers on plain http, where a self-hosted Controller may well be.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
