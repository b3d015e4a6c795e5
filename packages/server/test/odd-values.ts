/** A number as it stands in the text: beyond what a JavaScript number holds. */
export const rawNumber = (text: string): unknown =>
  (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text)

export const oddNumbers = [
  '9007199254740992',
  '9007199254740993',
  '1e400',
  '-1e400',
  '1e-400',
  '-0',
  '-1',
  '0',
  '1.5',
  '1.0',
]
  .concat(['2147483648', '9223372036854775808', '123456789012345678901234567890'])
  .map(rawNumber)
export const oddTexts = ['', '\0', 'a\0b', '\ud800', 'a\udc00', '\u{10ffff}', '\u202e', '\ufeff', '\r\nx-injected: 1']
  .concat(["'; DROP TABLE device; --", '\\', '"', '%', '_', '%00', '../..', '__proto__', 'constructor', 'null', 'İ'])
  .concat(['0', 'true', '{}', 'x'.repeat(5_000), '😀'.repeat(300)])
const oddObjects = ['{"__proto__":{"a":1}}', '{"constructor":1}', '{"":""}', '{"a\\u0000":1}', '{"toString":null}']
export const oddThings = [null, true, false, [], {}, [[]], [null], [{}]].concat(
  oddObjects.map((text) => JSON.parse(text)),
)

export const brokenBodies = [
  '',
  ' ',
  '{',
  '[]',
  '[{}]',
  '"text"',
  'null',
  '0',
  'true',
  'NaN',
  '{"name":"a"',
  '{"a":1}{"b":2}',
]
  .concat([
    "{'name':'a'}",
    'name=a&description=b',
    '<a/>',
    '\0',
    '{"name":"a\tb"}',
    '{"name":1,"name":"a"}',
    '{"a":01}',
  ])
  .concat([
    '\xff',
    '\xef\xbb\xbf{}',
    '{"name":"\xed\xa0\x80"}',
    '{"name":"\xc0\x80"}',
    '{"name":"\xff"}',
    '\x1f\x8b\x08',
  ])

export const oddSegments = [
  '%00',
  '%ff',
  '%zz',
  '%',
  '%2',
  '%2f',
  '%2e%2e',
  '..',
  '%ed%a0%80',
  '%F0%9F%98%80',
  '%25',
  '*',
  ':id',
]
  .concat(['', 'x'.repeat(999), 'x'.repeat(2_000), "'--", 'unassigned', '0', '00000000-0000-0000-0000-000000000000'])
  .concat(['00000000-0000-0000-0000-000000000000%00', '\xfc', '1;a=b', '{}', '"'])

export const oddQueries = [
  '%00',
  'n=%00',
  'n=%ff',
  'n=%zz',
  'n=%',
  'n=%ed%a0%80',
  '%ff=1',
  '&&&',
  '=',
  '==',
  '?',
  '+',
  'limit',
]
  .concat([
    'limit=',
    'limit=0',
    'limit=1e9',
    'limit=99999999999999999999',
    'limit=-1',
    'limit=NaN',
    'limit=1e400',
    'limit=0x10',
    'limit=Infinity',
    'limit=+5',
    'limit=1&limit=2',
  ])
  .concat([
    'limit[]=1',
    'limit[a]=1',
    'after=',
    'after=%00',
    'after=x',
    'after=a&after=b',
    'before=x&after=y',
    'limit=%30',
  ])
  .concat([
    '__proto__=1',
    'constructor=1',
    'toString=1',
    'unknown=1',
    `n=${'x'.repeat(10_000)}`,
    'online=maybe',
    'online=',
  ])
  .concat([
    'start=now',
    'start=2026-11-02T09:30:00+01:00',
    'checkedInBefore=0001-01-01T00:00:00%2B23:59',
    '\xfc=\xff',
    ';a=b',
  ])
