import { FitAddon } from '@xterm/addon-fit'
import type { Terminal } from '@xterm/xterm'
import type { Adb } from '@yume-chan/adb'
import { newTerminal, show } from './terminal-look.ts'

const type = 'xterm-256color'

/** A shell of a device in a terminal. */
export interface DeviceTerminal {
  fit(): void
  focus(): void
  dispose(): void
}

/** Opens a shell in an element. What is selected can be copied with Ctrl+Shift+C, and pasted with Ctrl+Shift+V. */
export async function openTerminal(element: HTMLElement, adb: Adb, onEnd: () => void): Promise<DeviceTerminal> {
  const terminal = newTerminal({ cursorBlink: true })
  const fitting = new FitAddon()
  terminal.loadAddon(fitting)
  show(terminal, element)
  fitting.fit()
  terminal.attachCustomKeyEventHandler((event) => copiesOrPastes(terminal, event))

  const { shellProtocol, noneProtocol } = adb.subprocess
  const shell = shellProtocol ? await shellProtocol.pty({ terminalType: type }) : await noneProtocol.pty()
  // A session that ends takes its shells along.
  Promise.resolve<unknown>(shell.exited).catch(() => {})
  const writer = shell.input.getWriter()
  const encoder = new TextEncoder()
  const resize = () => {
    if ('resize' in shell) void shell.resize(terminal.rows, terminal.cols).catch(() => {})
  }
  terminal.onData((text) => void writer.write(encoder.encode(text)).catch(() => {}))
  terminal.onResize(resize)
  resize()
  void (async () => {
    const reader = shell.output.getReader()
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true as const, value: undefined }))
      if (done) break
      // What the terminal has not shown yet holds the device back.
      await new Promise<void>((resolve) => terminal.write(value, resolve))
    }
    terminal.write('\r\n[The shell has ended]\r\n')
    onEnd()
  })()
  const observer = new ResizeObserver(() => element.clientWidth > 0 && fitting.fit())
  observer.observe(element)
  return {
    fit: () => fitting.fit(),
    focus: () => terminal.focus(),
    dispose: () => {
      observer.disconnect()
      void Promise.resolve(shell.kill()).catch(() => {})
      terminal.dispose()
    },
  }
}

/** @returns whether the terminal handles the key itself. */
function copiesOrPastes(terminal: Terminal, event: KeyboardEvent): boolean {
  if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey) return true
  if (event.code === 'KeyC') {
    event.preventDefault()
    void navigator.clipboard?.writeText(terminal.getSelection())
    return false
  }
  // The browser pastes by itself, which the terminal hears of.
  return event.code !== 'KeyV'
}
