import { randomUUID } from 'node:crypto'
import { type Checkin, checkin } from '@mason/contract/checkin'
import { createEnrollment, type EnrollAnswer, type EnrollRequest, enroll } from '@mason/contract/enrollment'
import { createClient } from '@mason/sdk/client'
import type { Answer } from '@mason/sdk/input'
import type { Platform, TestAccount } from './harness.ts'

/** A device that has enrolled and can check in. */
export interface TestDevice extends EnrollAnswer {
  serialnumber: string
  checkIn(report?: Checkin): Promise<Answer<typeof checkin>>
}

/** Enrols a device through the front door. */
export async function newDevice(
  platform: Platform,
  account: TestAccount,
  { token, ...fields }: Partial<EnrollRequest> & { group?: string } = {},
): Promise<TestDevice> {
  const { group, ...request } = fields
  const enrollment =
    token === undefined ? await account.call(createEnrollment, { ...(group !== undefined && { group }) }) : undefined
  const serialnumber = request.serialnumber ?? `SN-${randomUUID()}`
  const answer = await createClient({ baseUrl: platform.url, maxRetries: 0, authorization: '' }).call(enroll, {
    token: token ?? enrollment?.data[0]?.token ?? '',
    family: 'D450',
    bootId: randomUUID(),
    ...request,
    serialnumber,
  })
  return { ...answer, serialnumber, checkIn: checkInAs(platform.url, answer) }
}

/** Check-ins under a device's credential. */
export function checkInAs(baseUrl: string, { id, secret }: { id: string; secret: string }) {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const device = createClient({ baseUrl, authorization, maxRetries: 0 })
  return (report: Checkin = { bootId: 'boot-1' }) => device.call(checkin, report)
}
