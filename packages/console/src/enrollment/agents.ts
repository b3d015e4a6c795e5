import type { EnrollmentKind } from '@mason/contract/enrollment'

/** What kinds of devices a token may be for, as they are asked for. */
export const agentChoices: readonly { value: EnrollmentKind; label: string; note: string }[] = [
  {
    value: 'mason',
    label: 'A Linux device, or one with the Mason agent',
    note: 'A computer with Linux, a simulated device, or an Android device with an agent of your own.',
  },
  {
    value: 'headwind',
    label: 'An Android tablet or phone that you bought',
    note: 'With Google’s services. It is set up with the unmodified agent of Headwind MDM.',
  },
  {
    value: 'mdmesh',
    label: 'An Android device without Google’s services',
    note: 'AOSP or an image of your own. It is set up with the agent of MDMesh.',
  },
]

/** An agent that others make. */
export interface ForeignAgent {
  name: string
  package: string
  receiver: string
  /** What the checksum in its QR code is of. */
  checksumOf: string
}

export const foreignAgents: Readonly<Record<Exclude<EnrollmentKind, 'mason'>, ForeignAgent>> = {
  headwind: {
    name: 'Headwind MDM',
    package: 'com.hmdm.launcher',
    receiver: 'com.hmdm.launcher/.AdminReceiver',
    checksumOf: 'SHA-256 of the APK file',
  },
  mdmesh: {
    name: 'MDMesh',
    package: 'com.mdmesh.agent',
    receiver: 'com.mdmesh.agent/.admin.AdminReceiver',
    checksumOf: 'SHA-256 of the signing certificate',
  },
}
