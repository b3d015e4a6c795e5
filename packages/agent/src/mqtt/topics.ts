/** The topics of a device. Source: contract §6. */
export const topics = {
  checkin: (deviceId: string) => `devices/${deviceId}/checkin`,
  commands: (deviceId: string) => `devices/${deviceId}/notifications`,
  outcome: (deviceId: string, notificationId: string) => `devices/${deviceId}/notifications/${notificationId}`,
}
