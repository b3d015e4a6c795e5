import { InvalidArgumentError } from 'commander'

export function parseServer(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('It must be an http or https URL.')
  return text.replace(/\/$/, '')
}

export function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1 || count > 1_000_000)
    throw new InvalidArgumentError('It must be an integer from 1 to 1000000.')
  return count
}

export function parseDays(text: string): number {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 0 || days > 1000)
    throw new InvalidArgumentError('It must be an integer from 0 to 1000.')
  return days
}

export function parseSeed(text: string): number {
  const seed = Number(text)
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new InvalidArgumentError('It must be an integer from 0 to 4294967295.')
  return seed
}

export function parseShare(text: string): number {
  const share = Number(text)
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return share
}

export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('It must be a positive number of seconds.')
  return seconds
}

export interface Address {
  host: string
  port: number
}

export function parseAddress(text: string): Address {
  const { hostname, port } = URL.parse(`tcp://${text}`) ?? {}
  if (!hostname || !port) throw new InvalidArgumentError('It must be host:port, such as 127.0.0.1:5900.')
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
}
