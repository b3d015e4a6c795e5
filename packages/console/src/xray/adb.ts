import { Adb, AdbDaemonTransport, AdbPacket, AdbPacketSerializeStream } from '@yume-chan/adb'
import { Consumable, pipeFrom, ReadableStream, StructDeserializeStream } from '@yume-chan/stream-extra'
import type { LastingSocket } from './lasting-socket.ts'

const pieceBytes = 64 * 1024
/** As much may wait in the browser before more is written. */
const aheadBytes = 2 ** 20
const waitMs = 5

/** Speaks ADB over a session. @param onLost is told when its connection is cut, and when it is there again. */
export async function connectAdb(
  { stream, listen }: { stream: LastingSocket; listen(): void },
  serial: string,
  onLost: (isLost: boolean) => void,
): Promise<Adb> {
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => {
      stream.listen({ bytes: (bytes) => controller.enqueue(bytes), lost: onLost })
      void stream.ended.then(() => {
        try {
          controller.close()
        } catch {
          // It was canceled before.
        }
      })
    },
  })
  const writable = new Consumable.WritableStream<Uint8Array>({ write: (bytes) => write(stream, bytes) })
  listen()
  const transport = await AdbDaemonTransport.authenticate({
    serial,
    connection: {
      readable: readable.pipeThrough(new StructDeserializeStream(AdbPacket)),
      writable: pipeFrom(writable, new AdbPacketSerializeStream()),
    },
    credentialStore: { generateKey, iterateKeys: () => keys },
  })
  return new Adb(transport)
}

async function write(stream: LastingSocket, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    while (stream.waitingBytes > aheadBytes && !stream.isOver)
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    // Whoever waits for an answer hears of the end by that.
    if (stream.isOver) return
    stream.send(bytes.slice(start, start + pieceBytes))
  }
}

/** Some Android devices ask for a key, and their user whether to trust it; it lasts as long as the page. */
const keys: { buffer: Uint8Array; name: string }[] = []

async function generateKey() {
  const pair = await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: Uint8Array.from([1, 0, 1]), hash: 'SHA-1' },
    true,
    ['sign', 'verify'],
  )
  const key = { buffer: new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)), name: 'mason' }
  keys.push(key)
  return key
}
