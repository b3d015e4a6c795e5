import type { Locator } from 'playwright-core'
import { expect } from 'vitest'
import { type Gate, refuseWith } from './refusals.ts'

interface Act {
  button: Locator
  gate: Gate
  /** Where it is said what went wrong. */
  said: Locator
  /** Whether the request has a key by which the server knows it again. */
  isKeyed: boolean
}

/** Two clicks in one instant are one request, and what is sent again after a lost answer is the same request. */
export async function actsOnce({ button, gate, said, isKeyed }: Act): Promise<void> {
  const clickTwice = () => button.evaluate((element: HTMLButtonElement) => [element.click(), element.click()])
  const keys = () => new Set(gate.requests.map((request) => request.headers()['idempotency-key']))
  gate.answer = (interception) => interception.abort()
  await clickTwice()
  await said.getByText('The server cannot be reached').first().waitFor()
  const lost = keys()
  expect(lost.size).toBe(1)
  await expect.poll(() => button.isEnabled()).toBe(true)
  gate.requests.length = 0
  gate.answer = refuseWith(409, { message: 'Refused once' })
  await clickTwice()
  await said.getByText('Refused once').first().waitFor()
  expect(gate.requests).toHaveLength(1)
  if (!isKeyed) return
  expect(keys()).toEqual(lost)
  await expect.poll(() => button.isEnabled()).toBe(true)
  gate.requests.length = 0
  gate.answer = refuseWith(409, { message: 'Refused again' })
  await button.click()
  await said.getByText('Refused again').first().waitFor()
  // A refusal is kept under its key: another try needs another.
  expect(keys()).not.toEqual(lost)
}
