/** Words that firmware uses when no serial number is set; documented in docs/device-protocol.md. */
const words = [
  ...[
    'unknown',
    'none',
    'null',
    'nil',
    'undefined',
    'unset',
    'empty',
    'blank',
    'invalid',
    'error',
    'unavailable',
    'nan',
  ],
  ...[
    'na',
    'not',
    'no',
    'available',
    'applicable',
    'specified',
    'set',
    'provided',
    'present',
    'found',
    'permission',
    'denied',
  ],
  ...[
    'android',
    'default',
    'generic',
    'string',
    'value',
    'text',
    'placeholder',
    'device',
    'system',
    'product',
    'base',
    'board',
  ],
  ...[
    'chassis',
    'serial',
    'number',
    'num',
    'sn',
    'id',
    'asset',
    'tag',
    'imei',
    'oem',
    'to',
    'be',
    'filled',
    'by',
    'the',
  ],
  ...['manufacturer', 'vendor', 'tbd', 'todo', 'false', 'true'],
]
const onlyWords = new RegExp(`^(?:${words.join('|')})+$`)
const runs = ['0123456789abcdefghijklmnopqrstuvwxyz', '1234567890abcdefghijklmnopqrstuvwxyz'].flatMap((run) => [
  run,
  [...run].reverse().join(''),
])
const shortestRun = 8

/**
 * Whether a serial number is a placeholder that many devices share: only words such as `unknown` and `to be filled by
 * O.E.M.`, one repeated character, a run such as `0123456789ABCDEF`, one of these repeated, or an emulator's. Letter case,
 * spaces and punctuation are ignored.
 *
 * @param serialnumber as a device or its firmware reports it. Source: docs/contract.md §6, docs/device-protocol.md.
 */
export function isPlaceholder(serialnumber: string): boolean {
  const text = serialnumber.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (text === '' || onlyWords.test(text) || text.startsWith('emulator')) return true
  const unit = repeatedUnit(text)
  return unit.length === 1 || (unit.length >= shortestRun && runs.some((run) => run.includes(unit)))
}

/** The shortest text of which this one is a repetition; the last repetition may be incomplete. */
function repeatedUnit(text: string): string {
  for (let length = 1; length < text.length; length++) {
    const unit = text.slice(0, length)
    if (unit.repeat(Math.ceil(text.length / length)).startsWith(text)) return unit
  }
  return text
}
