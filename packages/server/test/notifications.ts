import {
  type Batch,
  getNotification,
  type NewBatch,
  type NewNotification,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import type { TestAccount } from './harness.ts'

/** Sends a command to a device and returns its id. */
export async function send(account: TestAccount, device: { id: string }, input: NewNotification) {
  const { data } = await account.call(notifyDevice, { id: device.id, ...input })
  return data[0]?.id ?? ''
}

export const readNotification = async (account: TestAccount, id: string) =>
  (await account.call(getNotification, { id })).data[0]

/** Sends a command to many devices. */
export async function sendMany(account: TestAccount, input: NewBatch): Promise<Batch> {
  const { data } = await account.call(notifyDevices, input)
  const [batch] = data
  if (!batch || !('id' in batch)) throw new Error('no batch')
  return batch
}
