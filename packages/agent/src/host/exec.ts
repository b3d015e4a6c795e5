import { execFile } from 'node:child_process'

/**
 * Runs a program of the host.
 *
 * @returns its standard output; undefined when it is missing, fails or takes more than 10 seconds.
 */
export type Exec = (program: string, args: readonly string[]) => Promise<string | undefined>

// A tool whose daemon is down, such as bluetoothctl, may wait forever.
const timeoutMs = 10_000

/** The {@link Exec} of the machine this program runs on. */
export const runCommand: Exec = (program, args) =>
  new Promise((resolve) => {
    // Network tools live in sbin, which is not on every user's PATH.
    const env = { PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' }
    const options = { env, timeout: timeoutMs, maxBuffer: 64 * 2 ** 20 }
    execFile(program, [...args], options, (error, stdout) => resolve(error ? undefined : stdout)).stdin?.end()
  })
