import type { Duplex } from 'node:stream'
import type { Client } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import { type Connected, connection } from './connected.ts'
import { Intake } from './intake.ts'

/** How long the last acknowledgement of a device may take to leave before its connection is cut. */
const farewellMs = 1_000

/** The devices that are connected at this gateway, and the connections that have yet to show whose they are. */
export class ConnectedDevices {
  readonly byId = new Map<string, Connected>()
  readonly #intakes = new WeakMap<Client, Intake>()
  readonly #log: FastifyBaseLogger

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  /** Begins to read a connection. */
  read(client: Client, connection: Duplex, address: string, admitted: (() => void) | undefined): void {
    const refuse = (reason: string) => {
      this.#log.warn({ device: client.id, address, reason }, 'MQTT connection ended')
      connection.destroy()
    }
    this.#intakes.set(client, new Intake(client, connection, { address, admitted, refuse }))
  }

  intakeOf(client: Client): Intake {
    const intake = this.#intakes.get(client)
    if (!intake) throw new Error('aedes knows a connection that was not accepted')
    return intake
  }

  /** A connection has shown whose it is; it takes the place of an older one of that device. */
  admit(client: Client, device: VerifiedDevice): void {
    const intake = this.intakeOf(client)
    this.byId.set(device.id, connection(client, device, intake))
    intake.admitted?.()
  }

  /** The device behind a connection, unless a newer connection has taken its place. */
  current(client: Client): Connected | undefined {
    const known = this.byId.get(client.id)
    return known?.client === client ? known : undefined
  }

  has(known: Connected): boolean {
    return this.byId.get(known.device.id) === known
  }

  /** Lets what was written reach the device, then ends its connection. */
  end(deviceId: string): void {
    const known = this.byId.get(deviceId)
    if (!known || known.isEnding) return
    known.isEnding = true
    setImmediate(() => (known.client.conn as Duplex).end())
    setTimeout(() => known.client.close(), farewellMs).unref()
  }

  /** Answers pings that wait to be read, and ends the connections that went silent. */
  keepAlive(): void {
    const now = performance.now()
    for (const { client, intake } of this.byId.values()) {
      intake.reassure(now)
      if (!intake.isSilent(now)) continue
      this.#log.info({ device: client.id }, 'MQTT connection went silent')
      client.close()
    }
  }
}
