import { type Host, readText } from './host.ts'

/** The fields of the firmware's DMI table that identify a machine. */
export type DmiField = 'product_serial' | 'board_serial' | 'product_family' | 'product_name' | 'sys_vendor'

// What manufacturers leave in the table when they do not fill it in, in lower case.
const placeholders = new Set([
  'to be filled by o.e.m.',
  'to be filled by oem',
  'default string',
  'default',
  'none',
  'null',
  'n/a',
  'na',
  'unknown',
  'invalid',
  'empty',
  'undefined',
  'not specified',
  'not available',
  'not applicable',
  'o.e.m.',
  'oem',
  'system serial number',
  'base board serial number',
  'chassis serial number',
  'serial number',
  'system product name',
  'product name',
  'system manufacturer',
  'family',
  'all series',
  'sku',
  'x.x',
  '123456789',
  '0123456789',
  '1234567890',
])

/** Reads a DMI field; undefined when it is missing or holds a placeholder. */
export async function readDmi(host: Host, field: DmiField): Promise<string | undefined> {
  const text = await readText(host, `/sys/class/dmi/id/${field}`)
  return text === undefined || isPlaceholder(text) ? undefined : text
}

/** Whether a text is a known placeholder or one character repeated. */
export function isPlaceholder(text: string): boolean {
  return placeholders.has(text.toLowerCase()) || /^(.)\1*$/s.test(text)
}
