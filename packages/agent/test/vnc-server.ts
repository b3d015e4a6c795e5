import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { eventually } from '../../server/test/eventually.ts'
import { freePort } from '../../server/test/free-port.ts'

/** A screen without a monitor, and a VNC server that shows it. */
export async function startVnc() {
  const port = await freePort()
  const display = `:${1_000 + (port % 30_000)}`
  const children: ChildProcess[] = []
  const start = (program: string, args: string[]) => {
    const child = spawn(program, args, { stdio: 'ignore' })
    children.push(child)
    return child
  }
  start('Xvfb', [display, '-screen', '0', '640x480x24', '-nolisten', 'tcp'])
  const serve = () =>
    start('x11vnc', [
      '-display',
      display,
      '-rfbport',
      String(port),
      '-localhost',
      '-forever',
      '-shared',
      '-nopw',
      '-noxdamage',
      '-quiet',
    ])
  // It ends where the screen is not there yet.
  let server = serve()
  await eventually(async () => {
    if (server.exitCode !== null) server = serve()
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => {})
    try {
      await once(socket, 'data', { signal: AbortSignal.timeout(1_000) })
    } finally {
      socket.destroy()
    }
  })
  return {
    port,
    display,
    stop: async () => {
      for (const child of children.reverse())
        if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
    },
  }
}
