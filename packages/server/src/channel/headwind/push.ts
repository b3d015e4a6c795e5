import type { Delivery } from '../../fleet/wake-ups.ts'

/** What the answer of a poll tells an agent. The payload is a text that holds JSON: anything else breaks its reader. */
export interface Push {
  messageType: string
  payload: string | null
}

export const configUpdated: Push = { messageType: 'configUpdated', payload: null }

const bootMark = 'mason-boot'

/** Asks for the id of the boot, which comes back in a line of the log. */
export const askForBoot: Push = {
  messageType: 'runCommand',
  payload: JSON.stringify({ command: `echo ${bootMark} $(cat /proc/sys/kernel/random/boot_id)` }),
}

const bootLine = new RegExp(`${bootMark} ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`)

/** The id of the boot in a line of the log, if it is in it. */
export const bootIn = (line: string): string | undefined => bootLine.exec(line)?.[1]

/** What the agent does itself when it is pushed; an app is only ever sent other messages. */
const ofAgent = new Set([
  ...['configUpdated', 'reboot', 'uninstallApp', 'deleteFile', 'deleteDir', 'purgeDir', 'runCommand', 'exitKiosk'],
  ...['permissiveMode', 'adminPanel', 'clearDownloadHistory', 'grantPermissions', 'clearAppData'],
])
const customType = /^[A-Za-z0-9_.-]{1,100}$/

/**
 * What devices are told, in the agent's words. All that it can confirm stands in its configuration, and it is told to fetch that. What
 * an app is sent it hears once, for nobody confirms it.
 */
export function pushesOf(deliveries: Delivery[]): Push[] {
  const pushes: Push[] = []
  let isConfigured = false
  for (const { command, isRepeat } of deliveries) {
    const { type, payload } = JSON.parse(command) as { type: string; payload?: unknown }
    if (type !== 'application') isConfigured = true
    else if (!isRepeat) pushes.push(toApp(payload))
  }
  return isConfigured ? [configUpdated, ...pushes] : pushes
}

/** A broadcast to apps, or what the sender has chosen: `{messageType, payload}`. */
function toApp(sent: unknown): Push {
  const chosen = typeof sent === 'object' && sent !== null ? (sent as Record<string, unknown>) : {}
  const { messageType, payload } = chosen
  if (typeof messageType === 'string' && customType.test(messageType) && !ofAgent.has(messageType))
    return { messageType, payload: textOf(payload) }
  return { messageType: 'mason', payload: textOf(sent) }
}

const textOf = (payload: unknown): string | null => {
  if (payload === undefined || payload === null) return null
  const isObject = typeof payload === 'object' && !Array.isArray(payload)
  return JSON.stringify(isObject ? payload : { payload })
}
