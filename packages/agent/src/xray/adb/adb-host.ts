import type { Duplex, Readable, Writable } from 'node:stream'

/** A command that runs for an ADB client. */
export interface AdbProcess {
  stdin: Writable
  /** With a terminal, all that is shown. */
  stdout: Readable
  /** None with a terminal. */
  stderr?: Readable
  /** The exit status: 128 and the number of the signal that ended it. */
  exit: Promise<number>
  resize(rows: number, columns: number): void
  /** Hangs up, as a closed terminal does. */
  hangUp(): void
}

/** What `stat` says of a file. */
export interface FileState {
  mode: number
  size: number
  /** Seconds since 1970. */
  modified: number
}

/** A file that is being written: it takes its place once it is whole. */
export interface FileSink {
  write(piece: Buffer): Promise<void>
  /** @param modified seconds since 1970. */
  commit(modified: number): Promise<void>
  abort(): Promise<void>
}

/** What an ADB daemon gives access to: this host, or a simulated one. */
export interface AdbHost {
  /** Such as `ro.product.model`, for `adb devices -l`. */
  properties: Readonly<Record<string, string>>
  /**
   * Runs a line of a shell.
   *
   * @param line empty for a shell of one's own.
   * @param terminal the type of the terminal that it gets, such as `xterm-256color`; without one it gets pipes.
   */
  run(line: string, terminal: string | undefined): AdbProcess
  /**
   * @param follows whether what a link leads to is meant, and not the link.
   * @returns undefined where there is none.
   */
  stat(path: string, follows?: boolean): Promise<FileState | undefined>
  list(path: string): Promise<(FileState & { name: string })[]>
  read(path: string): Promise<AsyncIterable<Buffer>>
  /** @param mode as in `FileState`: a link, whose content is where it leads to, or a regular file. */
  write(path: string, mode: number): Promise<FileSink>
  /**
   * Connects to a socket of the host.
   *
   * @param address `tcp:5900`, or `localabstract:name`.
   * @throws Error when nobody listens there.
   */
  connect?(address: string): Promise<Duplex>
  /** @param mode such as `bootloader`; mostly empty. */
  reboot(mode: string): void
}
