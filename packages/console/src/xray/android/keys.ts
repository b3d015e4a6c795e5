import {
  AndroidKeyCode,
  AndroidKeyEventAction,
  AndroidKeyEventMeta,
  type ScrcpyControlMessageWriter,
} from '@yume-chan/scrcpy'

/** Sends to the device what is typed while the canvas that shows its screen has the focus. */
export function takeKeys(canvas: HTMLCanvasElement, controller: ScrcpyControlMessageWriter, signal: AbortSignal): void {
  const take = (event: KeyboardEvent) => {
    // Tab leaves the screen, as it leaves everything on a page.
    if (event.key === 'Tab' || event.isComposing) return
    event.preventDefault()
    void sendKey(controller, event)?.catch(() => {})
  }
  canvas.addEventListener('keydown', take, { signal })
  canvas.addEventListener('keyup', take, { signal })
}

function sendKey(controller: ScrcpyControlMessageWriter, event: KeyboardEvent): Promise<void> | undefined {
  const isDown = event.type === 'keydown'
  // Text is what this keyboard writes, whatever layout the device has.
  if (isText(event)) return isDown ? controller.injectText(event.key) : undefined
  const keyCode = AndroidKeyCode[event.code as keyof typeof AndroidKeyCode]
  if (keyCode === undefined) return undefined
  return controller.injectKeyCode({
    action: isDown ? AndroidKeyEventAction.Down : AndroidKeyEventAction.Up,
    ...{ keyCode, repeat: event.repeat ? 1 : 0, metaState: metaOf(event) },
  })
}

const isText = ({ key, ctrlKey, altKey, metaKey }: KeyboardEvent) => key.length === 1 && !ctrlKey && !altKey && !metaKey

function metaOf({ shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent): AndroidKeyEventMeta {
  const { Shift, Ctrl, Alt, Meta } = AndroidKeyEventMeta
  const held: number[] = [shiftKey && Shift, ctrlKey && Ctrl, altKey && Alt, metaKey && Meta].map(Number)
  return held.reduce((all, one) => all | one, 0) as AndroidKeyEventMeta
}

/** The keys that an Android device has beside its screen. */
export const deviceKeys = [
  ['Back', AndroidKeyCode.AndroidBack],
  ['Home', AndroidKeyCode.AndroidHome],
  ['Recent apps', AndroidKeyCode.AndroidAppSwitch],
  ['Power', AndroidKeyCode.Power],
] as const

/** Presses a key and lets it go. */
export async function press(controller: ScrcpyControlMessageWriter, keyCode: AndroidKeyCode): Promise<void> {
  for (const action of [AndroidKeyEventAction.Down, AndroidKeyEventAction.Up])
    await controller.injectKeyCode({ action, keyCode, repeat: 0, metaState: AndroidKeyEventMeta.None })
}
