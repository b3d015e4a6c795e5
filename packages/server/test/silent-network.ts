import { connect, createServer, type Socket } from 'node:net'
import type pg from 'pg'

/** A network between the server and PostgreSQL that can swallow what is sent, without a word to either. */
export async function openNetwork({ host = '', port = 0 }: pg.ClientConfig) {
  const sockets = new Set<Socket>()
  let isSilent = false
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = connect(`${host}/.s.PGSQL.${port}`)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('data', (bytes) => {
        if (!isSilent) other.write(bytes)
      })
      socket.on('close', () => {
        sockets.delete(socket)
        if (!isSilent) other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    address: { host: '127.0.0.1', port: typeof address === 'object' ? (address?.port ?? 0) : 0 },
    swallow: () => {
      isSilent = true
    },
    /** What was swallowed is lost: so are the connections that it was sent on. */
    forward: () => {
      isSilent = false
      for (const socket of sockets) socket.destroy()
    },
    /** Ends every connection, and each new one at once. */
    cut: () => {
      isCut = true
      for (const socket of sockets) socket.destroy()
    },
    restore: () => {
      isCut = false
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
