import type { Artifact } from '@mason/contract/artifact'
import type { Adb } from '@yume-chan/adb'
import {
  AdbScrcpyClient,
  AdbScrcpyExitedError,
  AdbScrcpyOptions3_0,
  AdbScrcpyOptions3_1,
  AdbScrcpyOptions3_2,
  AdbScrcpyOptions3_3,
  AdbScrcpyOptions3_3_1,
} from '@yume-chan/adb-scrcpy'
import { DefaultServerPath, type ScrcpyControlMessageWriter, ScrcpyInstanceId } from '@yume-chan/scrcpy'
import { ReadableStream } from '@yume-chan/stream-extra'
import { download } from './server.ts'
import { draw, limitsOfDecoder } from './video.ts'

/** The screen of a device that is being shown. */
export interface AndroidScreen {
  controller: ScrcpyControlMessageWriter
  /** What is copied on the device. */
  clipboard: ReadableStream<string> | undefined
  /** Resolves when the server on the device has ended. */
  ended: Promise<unknown>
  close(): void
}

/** Each changed what goes over the wire. */
const protocols = [
  ['3.3.1', AdbScrcpyOptions3_3_1],
  ['3.3', AdbScrcpyOptions3_3],
  ['3.2', AdbScrcpyOptions3_2],
  ['3.1', AdbScrcpyOptions3_1],
  ['3.0', AdbScrcpyOptions3_0],
] as const

const pieceBytes = 64 * 1024

/** Brings the scrcpy server to the device, starts it, and draws what it sends. @throws Error that says what went wrong. */
export async function showScreen(adb: Adb, server: Artifact, canvas: HTMLCanvasElement): Promise<AndroidScreen> {
  await AdbScrcpyClient.pushServer(adb, streamOf(await download(server)))
  const client = await start(adb, server.version)
  const { controller, clipboard, exited } = client
  if (!controller) throw new Error('The device takes no input')
  const video = draw((await client.videoStream).stream, canvas)
  return {
    ...{ controller, clipboard },
    ended: Promise.race([exited, video.ended]),
    close: () => {
      video.stop()
      void client.close()
    },
  }
}

async function start(adb: Adb, version: string) {
  try {
    return await AdbScrcpyClient.start(adb, DefaultServerPath, optionsFor(version))
  } catch (error) {
    if (!(error instanceof AdbScrcpyExitedError)) throw error
    throw new Error(
      `The scrcpy server did not start: ${error.output.join(' ').trim().slice(0, 300) || 'it said nothing'}`,
    )
  }
}

function optionsFor(version: string) {
  const isAtLeast = (other: string) => version.localeCompare(other, 'en', { numeric: true }) >= 0
  const Options = protocols.find(([first]) => isAtLeast(first))?.[1] ?? AdbScrcpyOptions3_0
  return new Options(
    {
      ...{ video: true, audio: false, control: true, videoCodec: 'h264', scid: ScrcpyInstanceId.random() },
      // The relay has no way for the device to connect to the browser.
      ...{ tunnelForward: true, maxSize: 1280, maxFps: 30, videoBitRate: 4_000_000 },
      ...limitsOfDecoder(),
    },
    { version },
  )
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let start = 0
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (start >= bytes.length) return controller.close()
      controller.enqueue(bytes.subarray(start, start + pieceBytes))
      start += pieceBytes
    },
  })
}
