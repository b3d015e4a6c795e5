import { readApplied } from '../../../core/db/migrate.ts'
import { isSealed, openSealer } from '../../../core/encryption-key.ts'
import { readTrustProxy, trustsAnybody } from '../../../core/settings/proxy.ts'
import { type Findings, ofDatabase } from '../check.ts'
import { type Echo, echoTarget } from '../echo.ts'
import { askPublic, notSet } from '../outside.ts'

/** An address that nobody has (RFC 5737). */
const forged = '192.0.2.77'

/** Whether the nodes learn through the proxy where clients are, and believe nobody else who says so. */
export const proxy = ofDatabase('proxy', async (database, { config }) => {
  const { PUBLIC_URL: url, TRUST_PROXY } = config
  if (url === undefined) return notSet
  if ((await readApplied(database)).size === 0 || !(await isSealed(database)))
    return { skipped: 'the platform has never run' }
  const sealer = await openSealer(database, config).catch(() => undefined)
  if (sealer === undefined) return { skipped: 'it takes the encryption key' }
  const target = echoTarget(sealer)
  const plain = await ask(url, target)
  const lied = await ask(url, target, { 'x-forwarded-for': forged })
  if (plain === undefined || lied === undefined) return { skipped: 'no node of this platform answers at PUBLIC_URL' }
  return judge(TRUST_PROXY, plain, lied)
})

async function ask(url: string, target: string, headers?: Record<string, string>): Promise<Echo | undefined> {
  const answer = await askPublic(url, target, headers)
  return answer.status === 200 ? ((await answer.json()) as Echo) : undefined
}

function judge(setting = 'false', plain: Echo, lied: Echo): Findings {
  const { peer, forwarded, address } = plain
  if (lied.address === forged) return isDoctorBelieved(setting, lied) ? here : { faults: [open(setting, peer)] }
  if (forwarded !== '' && address === peer) return { faults: [unknown(setting, peer)] }
  if (forwarded === '' && !/^(false|0)$/.test(setting)) return { warnings: [silent(setting, peer)] }
  return { seen: forwarded === '' ? 'there is none' : `${peer}, which is believed; others are not` }
}

/** A doctor at the address of a proxy may say what it likes, and learns nothing of others. */
function isDoctorBelieved(setting: string, { forwarded }: Echo): boolean {
  const doctor = forwarded.split(',').at(-1)?.trim() ?? forged
  return doctor !== forged && !trustsAnybody(setting) && readTrustProxy(setting)?.(doctor, 1) === true
}

const here = { skipped: 'TRUST_PROXY believes this machine, too; run the doctor on another one to try the proxy' }

const open = (setting: string, peer: string) =>
  `TRUST_PROXY=${setting}: whoever connects can claim any address by X-Forwarded-For, which voids allowedIps and the limits of sign-in; let the proxy set that header anew or add to it, and TRUST_PROXY name the proxy (${peer}) alone`
const unknown = (setting: string, peer: string) =>
  `TRUST_PROXY=${setting} does not believe the proxy at ${peer}, so that all clients share its address and its limits; set TRUST_PROXY=${peer}`
const silent = (setting: string, peer: string) =>
  `TRUST_PROXY=${setting}, but what connects from ${peer} sends no X-Forwarded-For; let the proxy send it, or unset TRUST_PROXY where there is none`
