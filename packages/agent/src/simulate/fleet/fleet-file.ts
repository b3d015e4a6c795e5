import { readFile } from 'node:fs/promises'
import T, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { writePrivateFile } from '../../credential/private-file.ts'
import type { MemberCredential } from './member.ts'

const FleetFile = T.Object({
  server: T.String({ description: 'the platform that issued the credentials' }),
  devices: T.Array(
    T.Object({
      serialnumber: T.String(),
      id: T.String(),
      secret: T.String(),
      checkinSeconds: T.Integer(),
      mqtt: T.Optional(T.Object({ url: T.String() })),
    }),
  ),
})
type FleetFile = Static<typeof FleetFile>

/**
 * Reads the credentials that earlier simulations got from a server.
 *
 * @returns credentials by serial number; none when the file is missing or belongs to another server.
 * @throws Error when the file holds something else.
 */
export async function readFleetFile(path: string, server: string): Promise<Map<string, MemberCredential>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map()
    throw error
  }
  const file: unknown = JSON.parse(text)
  if (!Value.Check(FleetFile, file)) throw new Error(`${path} holds no simulated fleet`)
  if (file.server !== server) return new Map()
  return new Map(file.devices.map(({ serialnumber, ...credential }) => [serialnumber, credential]))
}

/** Stores credentials by serial number with mode 0600, atomically. */
export async function writeFleetFile(
  path: string,
  server: string,
  credentials: ReadonlyMap<string, MemberCredential>,
): Promise<void> {
  const devices = [...credentials].map(([serialnumber, { id, secret, checkinSeconds, mqtt }]) => {
    return { serialnumber, id, secret, checkinSeconds, ...(mqtt && { mqtt }) }
  })
  const file: FleetFile = { server, devices }
  await writePrivateFile(path, `${JSON.stringify(file)}\n`)
}
