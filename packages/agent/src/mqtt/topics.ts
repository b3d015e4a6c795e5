/** The MQTT topics of a device. Source: docs/contract.md §6. */
export const topics = {
  checkin: (deviceId: string) => `devices/${deviceId}/checkin`,
  deployments: (deviceId: string) => `devices/${deviceId}/deployments`,
  commands: (deviceId: string) => `devices/${deviceId}/notifications`,
  xray: (deviceId: string) => `devices/${deviceId}/xray`,
  outcome: (deviceId: string, notificationId: string) => `devices/${deviceId}/notifications/${notificationId}`,
}

/** The topics that a device subscribes to. Source: docs/contract.md §6. */
export const subscriptions = (deviceId: string) => [topics.commands(deviceId), topics.deployments(deviceId)]
