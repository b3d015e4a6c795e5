import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Threads } from './threads.ts'

// What a busy or broken machine does to a thread is no fault of the file.

class FakeThread extends EventEmitter {
  async terminate() {
    this.emit('exit', 1)
    return 1
  }
  fail(error: Error) {
    this.emit('error', error)
    this.emit('exit', 1)
  }
}

afterEach(() => vi.useRealTimers())

const begin = () => {
  vi.useFakeTimers()
  const started: FakeThread[] = []
  const threads = new Threads(new URL('file:///none.ts'), { timeoutMs: 5_000, memoryMb: 1 }, () => {
    const thread = new FakeThread()
    started.push(thread)
    return thread
  })
  return { threads, started }
}
const excuse = { status: 503, type: 'api_error' }

test('a thread that is long in starting reads all the same', async () => {
  const { threads, started } = begin()
  const read = threads.run('a: 1')
  vi.advanceTimersByTime(30_000)
  started[0]?.emit('message', { hasBegun: true })
  vi.advanceTimersByTime(4_000)
  started[0]?.emit('message', { value: { a: 1 } })
  expect(await read).toEqual({ a: 1 })
})

test.each<[string, (thread: FakeThread) => unknown]>([
  ['never starts', () => vi.advanceTimersByTime(61_000)],
  ['cannot be started', (thread) => thread.fail(new Error('Cannot find module'))],
  ['ends early', (thread) => thread.emit('exit', 1)],
  [
    'ends in the middle',
    (thread) => {
      thread.emit('message', { hasBegun: true })
      thread.emit('exit', 1)
    },
  ],
])('a thread that %s blames nobody', async (_, end) => {
  const { threads, started } = begin()
  const read = threads.run('a: 1')
  end(started[0] as FakeThread)
  await expect(read).rejects.toMatchObject(excuse)
})

test.each<[string, (thread: FakeThread) => unknown, string]>([
  ['reads without end', () => vi.advanceTimersByTime(6_000), 'reading it takes too much'],
  [
    'takes all memory',
    (thread) => thread.fail(Object.assign(new Error(''), { code: 'ERR_WORKER_OUT_OF_MEMORY' })),
    'reading it takes too much',
  ],
  ['finds a fault', (thread) => thread.emit('message', { fault: 'it is empty' }), 'it is empty'],
])('a thread that %s blames the file', async (_, end, message) => {
  const { threads, started } = begin()
  const read = threads.run('a: 1')
  started[0]?.emit('message', { hasBegun: true })
  end(started[0] as FakeThread)
  await expect(read).rejects.toThrow(message)
})

test('four run at once, a hundred wait for their turn, and more are told to come again', async () => {
  const { threads, started } = begin()
  const reads = Array.from({ length: 104 }, (_, index) => threads.run(index))
  expect(started.length).toBe(4)
  await expect(threads.run('one more')).rejects.toMatchObject(excuse)
  // Whatever becomes of a thread, its place is taken over.
  started[0]?.fail(new Error('It broke'))
  await expect(reads[0]).rejects.toMatchObject(excuse)
  for (let index = 1; index < 104; index++) {
    await vi.waitFor(() => expect(started.length).toBeGreaterThan(index))
    expect(started.length).toBeLessThanOrEqual(index + 4)
    started[index]?.emit('message', { value: index })
  }
  expect(await Promise.all(reads.slice(1))).toEqual(Array.from({ length: 103 }, (_, index) => index + 1))
  expect(started.length).toBe(104)
})

describe('a real thread', () => {
  const hasBegun = "import { parentPort } from 'node:worker_threads'; parentPort.postMessage({ hasBegun: true });"
  const run = (program: string, timeoutMs = 60_000) =>
    new Threads(new URL(`data:text/javascript,${encodeURIComponent(program)}`), { timeoutMs, memoryMb: 16 }).run('')

  test('that never ends is ended, and blames the file', () =>
    expect(run(`${hasBegun} for (;;);`, 10)).rejects.toThrow('reading it takes too much'))

  test.each([
    ['breaks', 'throw new Error("It broke")'],
    ['leaves', 'process.exit(0)'],
  ])('that %s blames nobody', (_, end) => expect(run(`${hasBegun} ${end}`)).rejects.toMatchObject(excuse))

  test('tells what it has found, though something keeps it alive', () =>
    expect(run(`${hasBegun} setInterval(() => {}, 1_000); parentPort.postMessage({ value: 7 })`)).resolves.toBe(7))
})
