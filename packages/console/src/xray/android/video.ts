import {
  AndroidAvcLevel,
  AndroidAvcProfile,
  ScrcpyCodecOptions,
  type ScrcpyMediaStreamPacket,
  ScrcpyVideoCodecId,
} from '@yume-chan/scrcpy'
import { TinyH264Decoder } from '@yume-chan/scrcpy-decoder-tinyh264'
import { BitmapVideoFrameRenderer, WebCodecsVideoDecoder } from '@yume-chan/scrcpy-decoder-webcodecs'
import type { ReadableStream } from '@yume-chan/stream-extra'

/** Draws a video into a canvas, whose size becomes that of the video. */
export function draw(stream: ReadableStream<ScrcpyMediaStreamPacket>, canvas: HTMLCanvasElement) {
  const stop = new AbortController()
  const decoder = WebCodecsVideoDecoder.isSupported
    ? new WebCodecsVideoDecoder({ codec: ScrcpyVideoCodecId.H264, renderer: new BitmapVideoFrameRenderer(canvas) })
    : new TinyH264Decoder({ canvas })
  const ended = stream.pipeTo(decoder.writable, { signal: stop.signal }).finally(() => decoder.dispose())
  ended.catch(() => {})
  return { ended, stop: () => stop.abort() }
}

/** The decoder for browsers that have none, as on pages without TLS, knows the simplest profile alone. */
export const limitsOfDecoder = () =>
  WebCodecsVideoDecoder.isSupported
    ? {}
    : {
        videoCodecOptions: new ScrcpyCodecOptions({
          profile: AndroidAvcProfile.Baseline,
          level: AndroidAvcLevel.Level4,
        }),
      }
