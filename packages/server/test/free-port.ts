import { createServer } from 'node:net'

// Below the ports that the system gives out by itself, and apart for each process of tests: nobody else takes one meanwhile.
const count = 5_000
const first = 10_000 + count * (Number(process.env.VITEST_POOL_ID ?? 0) % 4)
let next = Math.floor(Math.random() * count)

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < count; tries++) {
    const port = first + (next++ % count)
    if (await isFree(port)) return port
  }
  throw new Error(`no port is free from ${first} to ${first + count - 1}`)
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
