import * as T from 'typebox'

/** Which program speaks for a device. Source: docs/contract.md §6. */
export const deviceKinds = ['mason-linux', 'simulated', 'headwind', 'mdmesh'] as const
export type DeviceKind = (typeof deviceKinds)[number]

export const DeviceKindName = T.Enum(deviceKinds, {
  description: 'the program that speaks for it, which decides what it can do',
})

/** The kinds as people name them. */
export const kindNames: Readonly<Record<DeviceKind, string>> = {
  'mason-linux': 'Mason agent for Linux',
  simulated: 'Simulated device',
  headwind: 'Headwind agent',
  mdmesh: 'MDMesh agent',
}
