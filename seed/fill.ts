import { createApiKey } from '@mason/contract/apikey'
import { listDeployments } from '@mason/contract/deployment'
import { createExport } from '@mason/contract/export'
import { notifyDevices } from '@mason/contract/notification'
import { changeSubscription } from '@mason/contract/subscription'
import { dayMs } from '@mason/contract/time'
import { inviteUser, listUsers, updateUser } from '@mason/contract/user'
import { type Client, createClient } from '@mason/sdk/client'
import { connectDevices, createGroups, enrollOfflineDevices } from './devices.ts'
import { registerSims, sendUsage } from './sims.ts'
import type { SimulatedFleet } from './simulator.ts'
import { lastGroup, registerSoftware, rollOut } from './software.ts'
import { unlessThere } from './unless-there.ts'

interface FillOptions {
  /** How many devices; 300 by default. */
  devices?: number
  print?: (line: string) => void
}

/**
 * Fills an account with a fleet that does something: devices, SIMs with months of usage, software, roll-outs, commands, keys,
 * users. Where that was done before, it connects the devices again and adds the usage since.
 */
export async function fill(url: string, key: string, options: FillOptions = {}): Promise<SimulatedFleet> {
  const { devices = 300, print = () => {} } = options
  const client = createClient({ baseUrl: url, key })
  await createGroups(client)
  const isFilled = (await client.call(listDeployments, { group: lastGroup, limit: 1 })).data.length > 0
  if (isFilled) print('The fleet is there already: only its devices connect again, and report their usage since')
  print(`Connecting ${devices} simulated devices…`)
  const fleet = await connectDevices(url, key, client, devices)
  if (!isFilled) await enrollOfflineDevices(url, client, devices)
  if (!isFilled) {
    print('Registering SIMs, software, keys and users…')
    await registerSims(client)
    await registerSoftware(client)
    await addKeysAndUsers(client)
  }
  await sendUsage(url, key, client)
  if (!isFilled) {
    print('Sending commands and starting roll-outs…')
    await sendCommands(client)
    await rollOut(client)
  }
  return fleet
}

async function sendCommands({ call }: Client): Promise<void> {
  await call(notifyDevices, { type: 'reboot', target: { group: 'tills-south' } })
  await call(notifyDevices, { type: 'check', target: { group: 'couriers' } })
  await call(createExport, { body: { kind: 'device', format: 'csv' } })
}

async function addKeysAndUsers({ call }: Client): Promise<void> {
  await call(changeSubscription, { body: { type: 'device_data_pool', value: 75_000_000_000 } })
  await call(createApiKey, { name: 'Nightly report', scopes: ['fleet:read', 'connect:read'] })
  await call(createApiKey, {
    name: 'Build server',
    scopes: ['registry:admin', 'fleet:deploy'],
    allowedIps: ['192.0.2.0/24'],
    expiresAt: new Date(Date.now() + 90 * dayMs).toISOString(),
  })
  const owner = (await call(listUsers, {})).data[0]?.id
  if (owner) await call(updateUser, { id: owner, body: { name: 'Ada Lovelace' } })
  await unlessThere(call(inviteUser, { body: { email: 'grace@example.com', name: 'Grace Hopper', preset: 'admin' } }))
  await unlessThere(call(inviteUser, { body: { email: 'edsger@example.com', preset: 'read-only' } }))
}
