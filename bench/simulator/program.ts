// Simulated devices on MQTT over TCP, all in one process.
import { sharedNow } from '../clock.ts'
import { writeReport } from '../reporter.ts'
import { answerOrders } from '../worker.ts'
import { DeviceConnection } from './connection.ts'
import type { Arrivals, ConnectOrder, ReportOrder, SimulatedDevice, SimulatorOrder } from './simulator.ts'

const rampMs = 1_000
let connections: DeviceConnection[] = []
let broken: Error | undefined
let times: number[] = []
let payloadBytes = 0
let awaited = Number.POSITIVE_INFINITY
let arrived: () => void = () => {}

answerOrders(async (order: SimulatorOrder) => {
  if (order.do === 'connect') return connectAll(order)
  if (order.do === 'await') return takeArrivals(order.count)
  if (order.do === 'report') return reportAll(order)
  if (order.do === 'check') return failIfBroken()
  for (const connection of connections) connection.cut()
  connections = []
})

async function connectAll({
  port,
  devices,
  concurrency,
  isAcknowledging,
  isTls = false,
}: ConnectOrder): Promise<number> {
  const queue = devices.entries()
  const work = async () => {
    for (const [index, device] of queue) connections[index] = await open(port, device, { isAcknowledging, isTls })
  }
  const startedAt = sharedNow()
  await Promise.all(Array.from({ length: concurrency }, work))
  return sharedNow() - startedAt
}

function open(
  port: number,
  device: SimulatedDevice,
  manner: Required<Pick<ConnectOrder, 'isAcknowledging' | 'isTls'>>,
): Promise<DeviceConnection> {
  return new Promise((resolve, reject) => {
    const connection: DeviceConnection = new DeviceConnection(port, device, manner, {
      subscribed: () => resolve(connection),
      commanded: (bytes) => {
        payloadBytes = bytes
        if (times.push(sharedNow()) === awaited) arrived()
      },
      failed: (error) => {
        broken ??= error
        reject(error)
        arrived()
      },
    })
  })
}

async function reportAll({ reports, inFlight, seconds }: ReportOrder): Promise<number> {
  const [startAt, endAt] = [sharedNow() + rampMs, sharedNow() + rampMs + seconds * 1000]
  let acknowledged = 0
  let next = 0
  const work = async () => {
    while (sharedNow() < endAt && !broken) {
      const index = next++ % connections.length
      await connections[index]?.report(writeReport(reports[index] ?? []))
      const now = sharedNow()
      if (now >= startAt && now < endAt) acknowledged++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, work))
  failIfBroken()
  return acknowledged / seconds
}

function failIfBroken(): void {
  if (broken) throw broken
}

/** Returns the commands since the last call, when a number of them have arrived. */
async function takeArrivals(count: number): Promise<Arrivals> {
  awaited = count
  if (times.length < count && !broken)
    await new Promise<void>((resolve) => {
      arrived = resolve
    })
  failIfBroken()
  const taken = times
  times = []
  return { times: taken, payloadBytes }
}
