import { destructiveTypes, type NotificationType } from '@mason/contract/notification'
import {
  CloudDownload,
  Eraser,
  type LucideIcon,
  MessageSquareCode,
  PackageX,
  Power,
  RefreshCw,
  RotateCw,
} from 'lucide-react'

interface CommandKind {
  type: NotificationType
  label: string
  icon: LucideIcon
  /** What the button says before "3 devices", where that is not its label. */
  verb?: string
  /** What it does to a device, for whoever is about to send it. */
  effect: string
}

/** The commands, the harmless ones first. */
export const commandKinds: readonly CommandKind[] = [
  {
    type: 'refresh',
    label: 'Refresh',
    icon: RefreshCw,
    effect: 'The device reports its full state now.',
  },
  {
    type: 'check',
    label: 'Check for updates',
    icon: CloudDownload,
    verb: 'Check',
    effect: 'The device checks for updates now.',
  },
  {
    type: 'application',
    label: 'Send to an app',
    icon: MessageSquareCode,
    verb: 'Send to',
    effect: 'An app on the device receives your JSON.',
  },
  {
    type: 'reboot',
    label: 'Reboot',
    icon: RotateCw,
    effect: 'The device restarts. Anyone using it is interrupted for a minute or two.',
  },
  {
    type: 'shutdown',
    label: 'Shut down',
    icon: Power,
    effect: 'The device powers off. Someone must press its power button before it can be reached again.',
  },
  {
    type: 'wipe',
    label: 'Wipe',
    icon: Eraser,
    effect: 'All data on the device is erased. It keeps its group and project, and sets itself up again.',
  },
  {
    type: 'refurbish',
    label: 'Refurbish',
    icon: PackageX,
    effect:
      'All data on the device is erased, and the device is removed from your fleet. To return, it must enroll again.',
  },
]

export function kindOf(type: NotificationType): CommandKind {
  const kind = commandKinds.find((one) => one.type === type)
  if (!kind) throw new Error(`There is no command ${type}`)
  return kind
}

export const isDestructive = (type: NotificationType): boolean => destructiveTypes.includes(type)
