import {
  AndroidMotionEventAction,
  AndroidMotionEventButton,
  type ScrcpyControlMessageWriter,
  ScrcpyPointerId,
} from '@yume-chan/scrcpy'

const { Down, Move, Up } = AndroidMotionEventAction
const actions = { pointerdown: Down, pointermove: Move, pointerup: Up, pointercancel: Up } as const
/** A notch of a wheel, in the pixels that browsers count. */
const notchPixels = 100

/** Sends to the device what pointers and wheels do on the canvas that shows its screen. */
export function takePointers(
  canvas: HTMLCanvasElement,
  controller: ScrcpyControlMessageWriter,
  signal: AbortSignal,
): void {
  const down = new Set<number>()
  const touch = (event: PointerEvent, action: (typeof actions)[keyof typeof actions]) =>
    controller.injectTouch({
      ...placeOf(event, canvas),
      action,
      // A mouse is a finger, so that it does on the device what a finger does.
      pointerId: event.pointerType === 'touch' ? BigInt(event.pointerId) : ScrcpyPointerId.Finger,
      pressure: action === Up ? 0 : event.pressure || 1,
      actionButton: action === Move ? 0 : AndroidMotionEventButton.Primary,
      buttons: action === Up ? 0 : AndroidMotionEventButton.Primary,
    })
  const on = (name: keyof typeof actions) =>
    canvas.addEventListener(
      name,
      (event) => {
        const action = actions[name]
        if (action === Down && event.button === 0) {
          down.add(event.pointerId)
          canvas.setPointerCapture(event.pointerId)
        }
        if (!down.has(event.pointerId)) return
        if (action === Up) down.delete(event.pointerId)
        touch(event, action).catch(() => {})
      },
      { signal },
    )
  for (const name of Object.keys(actions) as (keyof typeof actions)[]) on(name)
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault()
      const [scrollX, scrollY] = [notches(event.deltaX), notches(event.deltaY)]
      controller.injectScroll({ ...placeOf(event, canvas), scrollX, scrollY, buttons: 0 }).catch(() => {})
    },
    { signal, passive: false },
  )
}

/** Where on the screen of the device something happened. */
function placeOf({ clientX, clientY }: MouseEvent, canvas: HTMLCanvasElement) {
  const { left, top, width, height } = canvas.getBoundingClientRect()
  const within = (share: number, size: number) => Math.round(Math.min(1, Math.max(0, share)) * size)
  return {
    pointerX: within((clientX - left) / width, canvas.width),
    pointerY: within((clientY - top) / height, canvas.height),
    ...{ videoWidth: canvas.width, videoHeight: canvas.height },
  }
}

const notches = (pixels: number) => Math.max(-1, Math.min(1, -pixels / notchPixels))
