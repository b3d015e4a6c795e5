import { expect, test } from 'vitest'
import { delay } from './delay.ts'

test('waits', async () => {
  await expect(delay(1, new AbortController().signal)).resolves.toBeUndefined()
})

test('ends with the reason when aborted, before or meanwhile', async () => {
  const abort = new AbortController()
  const waiting = delay(3_600_000, abort.signal)
  abort.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await expect(delay(3_600_000, abort.signal)).rejects.toThrow('enough')
})
