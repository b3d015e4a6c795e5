import type { XrayCall } from '@mason/contract/xray'
import type { Config } from '../../config.ts'
import type { Background, Repeated } from '../../core/background.ts'
import type { Db } from '../../core/db/database.ts'
import { overloaded } from '../../core/overloaded.ts'
import type { Peers } from '../../core/peers/peers.ts'
import type { Sealer } from '../../core/sealer.ts'
import { within } from '../../core/within.ts'
import { type Ending, LiveSession } from './live-session.ts'
import type { NodeLinks } from './node-links.ts'
import { Recorder } from './recording/recorder.ts'
import { writeParts } from './recording/records.ts'
import { type Counted, close, findAwaited, findEnded, type Holder, type OpenedSession, renew } from './records.ts'
import { type ClientSide, ReturningSide } from './returning-side.ts'
import type { Side } from './side.ts'

interface Options {
  id: string
  config: Pick<Config, 'XRAY_IDLE_MINUTES' | 'XRAY_MAX_MINUTES'>
  db: Db
  links: NodeLinks
  sealer: Sealer
  peers: Peers
  background: Background
  /** Whether devices connect to this node. */
  servesDevices: boolean
  /** Tells a device that is connected by MQTT here that somebody waits for it. */
  callDevice(deviceId: string, call: XrayCall): void
}

/** A client that has been let in. */
interface Client {
  /** None when it has left while it was let in. */
  side: ClientSide | undefined
  isStillAdmitted(): Promise<boolean>
}

/** The X-Ray sessions of a node, and who waits for devices anywhere. */
export interface Relay {
  readonly id: string
  /** What the row of a new session says of this node. */
  holder(): Promise<Holder>
  /** Carries a session from now on, once its device comes. */
  begin(opened: OpenedSession, client: Client): void
  /** A device has come for a session that is held here. @returns whether it is waited for. */
  attach(sessionId: string, device: Side): boolean
  /** The client of a session that is held here has come back, and has so many bytes. @returns whether it is waited for. */
  comeBack(sessionId: string, client: Side, received: number): boolean
  /** Who waits for a device, as a check-in's answer tells it. */
  callsFor(deviceId: string): XrayCall[]
  /** Something has changed that other nodes should look at now. */
  changed(): void
  /** The secret of a device has ended: so has whatever it is connected for. */
  credentialEnded(deviceId: string): void
  start(): void
  stop(): Promise<void>
}

/** Each may hold half a megabyte. */
const maxSessions = 1_000
const lookEveryMs = 1_000
const renewEveryMs = 5_000
/** How long a client waits for a device (docs/contract.md §10). */
const arrivalMs = 10_000
const minuteMs = 60_000
/** For the last rows to be written at the end of the node. */
const farewellMs = 2_000

export function openRelay({
  id,
  config,
  db,
  links,
  sealer,
  peers,
  background,
  servesDevices,
  callDevice,
}: Options): Relay {
  const live = new Map<string, LiveSession>()
  const returning = new Map<string, ReturningSide>()
  const writes = background.loop('xray-records')
  const recordings = background.loop('xray-recordings')
  const writing = new Set<Promise<unknown>>()
  let awaited = new Map<string, XrayCall>()
  const repeated: Repeated[] = []

  const counted = ({ opened, bytesUp, bytesDown, latencyMs }: LiveSession): Counted => ({
    ...opened,
    bytesUp,
    bytesDown,
    latencyMs,
  })
  const writeEnd = (session: Counted, reason: string) => {
    writeSoon(() => writes.run(() => close(db, session, reason)))
  }
  const writeSoon = (work: () => Promise<unknown>) => {
    const written = work().finally(() => writing.delete(written))
    writing.add(written)
  }
  const recorderFor = (opened: OpenedSession): Recorder | undefined =>
    opened.isRecorded
      ? new Recorder({
          write: (parts) => recordings.run(() => writeParts(db, sealer, opened, parts)),
          drained: () => live.get(opened.id)?.drained(),
          unable: (reason) => live.get(opened.id)?.end({ reason, code: 1008 }),
        })
      : undefined
  /** A lost message or a slow database is made up for by the next look. */
  const look = async () => {
    if (servesDevices) {
      const before = awaited
      awaited = await findAwaited(db)
      for (const [deviceId, call] of awaited)
        if (before.get(deviceId)?.session !== call.session) callDevice(deviceId, call)
    }
    const mine = [...live.values()].map(({ opened }) => opened)
    for (const { id: sessionId, reason } of await findEnded(db, mine)) live.get(sessionId)?.end({ reason, code: 1008 })
  }
  const lookNow = () => void background.loop('xray-look').run(look)
  peers.hear(({ kind }) => {
    if (kind === 'xray') lookNow()
  })
  const attach: Relay['attach'] = (sessionId, device) => live.get(sessionId)?.attach(device) ?? false
  const comeBack: Relay['comeBack'] = (sessionId, side, received) =>
    returning.get(sessionId)?.comeBack(side, received) ?? false
  links.onSide((word, side) => {
    const [kind, sessionId = '', received] = word.split(' ')
    const isTaken = kind === 'client' ? comeBack(sessionId, side, Number(received)) : attach(sessionId, side)
    if (!isTaken) side.close(1013, 'the session is over')
  })

  return {
    id,
    attach,
    comeBack,
    holder: async () => {
      if (live.size >= maxSessions) throw overloaded('There are as many X-Ray sessions as this node carries')
      return {
        nodeId: id,
        nodeAddress: await links.address(),
        idleMinutes: config.XRAY_IDLE_MINUTES,
        maxMinutes: config.XRAY_MAX_MINUTES,
      }
    },
    begin: (opened, { side, isStillAdmitted }) => {
      if (!side) return writeEnd({ ...opened, bytesUp: 0, bytesDown: 0, latencyMs: undefined }, 'the client left')
      const limits = {
        idleMs: config.XRAY_IDLE_MINUTES * minuteMs,
        longestMs: config.XRAY_MAX_MINUTES * minuteMs,
        arrivalMs,
      }
      const recorder = recorderFor(opened)
      const onEnd = (session: LiveSession, { reason }: Ending) => {
        live.delete(opened.id)
        returning.delete(opened.id)
        if (recorder) writeSoon(() => recorder.end())
        writeEnd(counted(session), reason)
      }
      const session = new LiveSession({ opened, client: side, limits, recorder, isStillAdmitted, onEnd })
      if (session.isOver) return
      live.set(opened.id, session)
      if (side instanceof ReturningSide) returning.set(opened.id, side)
    },
    callsFor: (deviceId) => {
      const call = awaited.get(deviceId)
      return call ? [call] : []
    },
    changed: () => {
      peers.tell({ kind: 'xray' })
      lookNow()
    },
    credentialEnded: (deviceId) => {
      for (const session of live.values())
        if (session.opened.deviceId === deviceId)
          session.end({ reason: 'the credential of the device has ended', code: 1008 })
    },
    start: () => {
      repeated.push(
        background.every('xray-look', lookEveryMs, look),
        background.every('xray-renew', renewEveryMs, async () => {
          if (live.size > 0) await renew(db, [...live.values()].map(counted))
        }),
      )
    },
    stop: async () => {
      await Promise.all(repeated.map((one) => one.stop()))
      for (const session of [...live.values()]) session.end({ reason: 'the server stops', code: 1001 })
      await within(farewellMs, Promise.all(writing))
      links.close()
    },
  }
}
