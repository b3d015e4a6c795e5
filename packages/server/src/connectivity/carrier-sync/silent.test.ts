import { withLuhnDigit } from '@mason/contract/identifiers'
import { getSim, updateSim } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { callsFakes, connect, connection, useCarriers, waiting } from '../../../test/carriers/connect.ts'
import { emnify } from '../../../test/carriers/emnify.ts'
import { telnyx } from '../../../test/carriers/telnyx.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform(callsFakes)
const newCarrier = useCarriers()

test('a carrier that does not answer is given up after a while, and holds up no other connection', async () => {
  const account = await platform.newAccount()
  const [silent, other] = [await newCarrier(telnyx), await newCarrier(emnify)]
  const { iccid: stuck } = silent.add(withLuhnDigit('8988303000009123451'))
  const { iccid: free } = other.add(withLuhnDigit('8988303000009123452'))
  const name = await connect(account, silent)
  await connect(account, other)
  const simOf = async (iccid: string) => (await account.call(getSim, { iccid })).data[0]
  silent.troubles.push({ status: 200, delayMs: 25_000, at: 'sim_cards' })
  for (const iccid of [stuck, free]) await account.call(updateSim, { iccid, state: 'suspended' })
  await expect.poll(() => simOf(free), waiting).toMatchObject({ state: 'suspended' })
  await expect
    .poll(() => connection(account, name), { timeout: 60_000 })
    .toMatchObject({ state: 'error', lastError: expect.stringContaining('no answer') })
  expect(await simOf(stuck)).toMatchObject({ state: 'active', pendingState: 'suspended' })
}, 120_000)
