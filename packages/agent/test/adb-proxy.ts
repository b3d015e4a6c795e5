import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'
import { freePort } from '../../server/test/free-port.ts'

export function isInstalled(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A local port that leads to a device, as `mason xray adbproxy` opens one: one session, and one connection after another. */
export async function openProxy(url: string, authorization: string) {
  const socket = new WebSocket(url, { headers: { authorization }, perMessageDeflate: false })
  socket.on('error', () => {})
  const closed = once(socket, 'close')
  let current: Socket | undefined
  const ready = new Promise<void>((resolve, reject) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary && data.toString() === 'device:ok') resolve()
      if (isBinary && current?.write(data) === false) socket.pause()
    })
    socket.once('close', (_code, reason) => reject(new Error(reason.toString())))
    socket.once('unexpected-response', (_request, { statusCode }) => reject(new Error(`refused: ${statusCode}`)))
  })
  await ready
  const server = createServer((connection) => {
    current = connection
    connection.on('error', () => {})
    socket.send('client:ok')
    connection.on('data', (bytes) => socket.send(bytes))
    connection.on('drain', () => socket.resume())
    connection.once('close', () => {
      socket.resume()
      socket.send('client:fail')
      if (current === connection) current = undefined
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    closed,
    close: async () => {
      current?.destroy()
      server.close()
      socket.terminate()
      await closed.catch(() => {})
    },
  }
}

interface Ran {
  status: number
  stdout: Buffer
  stderr: string
}

/** Debian's `adb`, with a server of its own. */
export async function useAdb() {
  const env = { ...process.env, ANDROID_ADB_SERVER_PORT: String(await freePort()) }
  const exec = promisify(execFile)
  const adb = async (...args: string[]): Promise<Ran> => {
    try {
      const { stdout, stderr } = await exec('adb', args, {
        env,
        encoding: 'buffer',
        maxBuffer: 2 ** 27,
        timeout: 50_000,
      })
      return { status: 0, stdout, stderr: stderr.toString() }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: Buffer; stderr: Buffer }
      return { status: code, stdout, stderr: stderr?.toString() ?? '' }
    }
  }
  return { adb, stop: () => adb('kill-server') }
}
