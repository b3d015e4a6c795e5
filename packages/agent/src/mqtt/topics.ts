/** The topics of a device. Source: contract §6. */
export const topics = {
  checkin: (deviceId: string) => `devices/${deviceId}/checkin`,
  deployments: (deviceId: string) => `devices/${deviceId}/deployments`,
  commands: (deviceId: string) => `devices/${deviceId}/notifications`,
  outcome: (deviceId: string, notificationId: string) => `devices/${deviceId}/notifications/${notificationId}`,
}
