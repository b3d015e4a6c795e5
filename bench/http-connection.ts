import { connect, type Socket } from 'node:net'

const endOfHeaders = Buffer.from('\r\n\r\n')

/**
 * One keep-alive connection with one request at a time. It reads only the status and length of an answer, because the CPU
 * time of the client is lost to both sides that are compared.
 */
export class HttpConnection {
  readonly #socket: Socket
  #partialHead: Buffer | undefined
  #missing = 0
  #status = 0
  #answered: (status: number) => void = () => {}
  #failed: (error: Error) => void = () => {}

  private constructor(port: number, opened: () => void, failed: (error: Error) => void) {
    this.#failed = failed
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(65_536),
        callback: (length, buffer) => {
          this.#read(buffer as Buffer, length)
          return true
        },
      },
    })
    this.#socket.once('connect', opened)
    this.#socket.on('error', (error) => this.#failed(error))
    this.#socket.on('close', () => this.#failed(new Error('The server closed a connection')))
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const connection = new HttpConnection(port, () => resolve(connection), reject)
    })
  }

  /** Sends a whole request, in Latin-1; `answered` is called when its answer is complete. */
  send(request: string, answered: (status: number) => void, failed: (error: Error) => void): void {
    // It may have ended while it waited for the next request: then nothing tells of it any more.
    if (this.#socket.destroyed) {
      failed(new Error('The server closed a connection'))
      return
    }
    this.#answered = answered
    this.#failed = failed
    this.#socket.write(request, 'latin1')
  }

  request(request: string): Promise<number> {
    return new Promise((resolve, reject) => this.send(request, resolve, reject))
  }

  close(): void {
    this.#failed = () => {}
    this.#socket.destroy()
  }

  #read(buffer: Buffer, length: number): void {
    if (this.#missing > 0) {
      this.#missing -= length
    } else {
      const head = this.#partialHead
        ? Buffer.concat([this.#partialHead, buffer.subarray(0, length)])
        : buffer.subarray(0, length)
      const end = head.indexOf(endOfHeaders)
      if (end === -1) {
        this.#partialHead = Buffer.from(head)
        return
      }
      this.#partialHead = undefined
      const text = head.toString('latin1', 0, end)
      this.#status = Number(text.slice(9, 12))
      this.#missing = Number(/content-length: (\d+)/i.exec(text)?.[1]) - (head.length - end - endOfHeaders.length)
    }
    if (this.#missing === 0) this.#answered(this.#status)
    else if (!(this.#missing > 0)) this.#failed(new Error('An answer has no length, or is longer than that'))
  }
}
