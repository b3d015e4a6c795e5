import { HttpConnection } from './http-connection.ts'

interface Load {
  port: number
  connections: number
  seconds: number
  /** Makes the next request. */
  request(): string
}

const rampMs = 1_000

/**
 * Keeps every connection busy and counts the answers per second, after a ramp that is not counted.
 *
 * @throws when any answer is not a 200.
 */
export async function measureLoad({ port, connections, seconds, request }: Load): Promise<number> {
  const open = await Promise.all(Array.from({ length: connections }, () => HttpConnection.open(port)))
  let answers = 0
  let isOver = false
  const drive = (connection: HttpConnection) =>
    new Promise<void>((resolve, reject) => {
      const answered = (status: number) => {
        if (status !== 200) return reject(new Error(`An answer was ${status} instead of 200`))
        answers++
        if (isOver) resolve()
        else connection.send(request(), answered, reject)
      }
      connection.send(request(), answered, reject)
    })
  const timers: NodeJS.Timeout[] = []
  const after = (ms: number) => new Promise<void>((resolve) => timers.push(setTimeout(resolve, ms)))
  const clock = async () => {
    await after(rampMs)
    const [startedAt, answersBefore] = [performance.now(), answers]
    await after(seconds * 1000)
    const rate = ((answers - answersBefore) / (performance.now() - startedAt)) * 1000
    isOver = true
    return rate
  }
  try {
    const [rate] = await Promise.all([clock(), ...open.map(drive)])
    return rate
  } finally {
    for (const timer of timers) clearTimeout(timer)
    for (const connection of open) connection.close()
  }
}

/** Sends every request once, over a number of connections. */
export async function sendAll(port: number, connections: number, requests: Iterable<string>): Promise<void> {
  const queue = requests[Symbol.iterator]()
  const work = async () => {
    const connection = await HttpConnection.open(port)
    try {
      for (let next = queue.next(); !next.done; next = queue.next()) {
        const status = await connection.request(next.value)
        if (status !== 200) throw new Error(`An answer was ${status} instead of 200`)
      }
    } finally {
      connection.close()
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
}
