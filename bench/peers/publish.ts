import { once } from 'node:events'
import { connect } from 'node:net'
import { generate } from 'mqtt-packet'

/** Publishes a message to the topic of each device, as fast as the broker takes them, with acknowledgment. */
export async function publishToAll(port: number, ids: string[], payload: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.write(generate({ cmd: 'connect', clientId: 'publisher', clean: true, keepalive: 600 }))
  // The first answer is that of the CONNECT.
  await once(socket, 'data')
  let missing = ids.length * 4
  const acknowledged = new Promise<void>((resolve, reject) => {
    socket.on('data', ({ length }: Buffer) => {
      missing -= length
      if (missing === 0) resolve()
    })
    socket.once('close', () => reject(new Error('The broker ended the connection of the publisher')))
  })
  for (const [index, id] of ids.entries())
    socket.write(
      generate({
        ...{ cmd: 'publish', topic: `devices/${id}/notifications`, payload, qos: 1, messageId: (index % 65_535) + 1 },
        ...{ dup: false, retain: false },
      }),
    )
  await acknowledged
  socket.destroy()
}
