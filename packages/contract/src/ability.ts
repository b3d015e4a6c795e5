import type { DeployableType } from './deployment.ts'
import { type DeviceKind, kindNames } from './device-kind.ts'
import type { NotificationType } from './notification.ts'

/** What devices of a kind cannot do. Each sentence says why, and ends what begins with the name of the kind. */
export interface Inabilities {
  readonly notifications: Partial<Readonly<Record<NotificationType, string>>>
  readonly deployments: Partial<Readonly<Record<DeployableType, string>>>
  readonly location?: string
  readonly xray?: string
}

const noXray = 'has no remote view'

/** What each kind cannot do; it can do everything else. Source: docs/contract.md §6. */
export const inabilities: Readonly<Record<DeviceKind, Inabilities>> = {
  'mason-linux': { notifications: {}, deployments: {}, location: 'does not report where it is' },
  simulated: { notifications: {}, deployments: {} },
  headwind: {
    notifications: { shutdown: 'cannot power off: Android lets no device owner do that' },
    deployments: {
      ota: 'cannot install an OS update of yours: Android chooses its updates itself',
    },
    xray: noXray,
  },
  mdmesh: {
    notifications: {
      shutdown: 'cannot power off: Android lets no device owner do that',
      application: 'passes no messages on to apps',
    },
    deployments: {
      config: 'installs single apps: it takes no files, so it cannot be given the configuration of a project',
      ota: 'cannot install an OS update of yours: Android chooses its updates itself',
    },
    xray: noXray,
  },
}

/** Why devices of a kind cannot be sent a command, as a sentence; undefined if they can. */
export function cannotBeTold(kind: DeviceKind, type: NotificationType): string | undefined {
  const why = inabilities[kind].notifications[type]
  return why && `A device with the ${kindNames[kind]} ${why}`
}

/** Why nothing of this type can be deployed to devices of a kind, as a sentence; undefined if it can. */
export function cannotBeGiven(kind: DeviceKind, type: DeployableType): string | undefined {
  const why = inabilities[kind].deployments[type]
  return why && `A device with the ${kindNames[kind]} ${why}`
}
