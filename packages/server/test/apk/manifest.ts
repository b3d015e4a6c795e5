/** What a test APK says of itself. */
export interface ManifestFields {
  packageName: string
  versionCode: number
  versionName?: string
  minSdkVersion?: number
  versionCodeMajor?: number
}

const attributeIds = {
  versionCode: 0x0101021b,
  versionName: 0x0101021c,
  minSdkVersion: 0x0101020c,
  versionCodeMajor: 0x01010576,
}
const android = 'http://schemas.android.com/apk/res/android'
const none = 0xffffffff
const [stringType, integerType] = [0x03, 0x10]

/** A binary AndroidManifest.xml as Android's build tools write it. */
export function makeManifest(fields: ManifestFields, { isUtf8 = false } = {}): Buffer {
  const { packageName, versionName = '1.0', minSdkVersion } = fields
  // Attributes with a resource id come first: the resource map is by place.
  const strings = [
    ...Object.keys(attributeIds),
    'android',
    android,
    'manifest',
    'package',
    'uses-sdk',
    packageName,
    versionName,
  ]
  const ref = (text: string) => strings.indexOf(text)
  const attribute = (namespace: number, name: string, type: number, data: number) =>
    words(namespace, ref(name), type === stringType ? data : none, (type << 24) | 8, data)
  const number = (name: keyof typeof attributeIds, value: number | undefined) =>
    value === undefined ? [] : [attribute(ref(android), name, integerType, value)]
  const start = (name: string, attributes: Buffer[]) => {
    const sizes = Buffer.alloc(12)
    sizes.writeUInt16LE(20, 0)
    sizes.writeUInt16LE(20, 2)
    sizes.writeUInt16LE(attributes.length, 4)
    return chunk(0x0102, words(1, none), words(none, ref(name)), sizes, ...attributes)
  }
  const end = (name: string) => chunk(0x0103, words(1, none), words(none, ref(name)))
  const namespace = (type: number) => chunk(type, words(1, none), words(ref('android'), ref(android)))
  const body = Buffer.concat([
    stringPool(strings, isUtf8),
    chunk(0x0180, words(...Object.values(attributeIds))),
    namespace(0x0100),
    start('manifest', [
      ...number('versionCode', fields.versionCode),
      attribute(ref(android), 'versionName', stringType, ref(versionName)),
      ...number('versionCodeMajor', fields.versionCodeMajor),
      attribute(none, 'package', stringType, ref(packageName)),
    ]),
    start('uses-sdk', number('minSdkVersion', minSdkVersion)),
    end('uses-sdk'),
    end('manifest'),
    namespace(0x0101),
  ])
  return Buffer.concat([words(0x0008_0003, body.length + 8), body])
}

const words = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [place, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, place * 4)
  return bytes
}

/** Nodes have a line and a comment in their header. */
function chunk(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const headerSize = type === 0x0180 ? 8 : 16
  return Buffer.concat([words((headerSize << 16) | type, body.length + 8), body])
}

function stringPool(strings: string[], isUtf8: boolean): Buffer {
  const encoded = strings.map((text) =>
    isUtf8
      ? Buffer.from([text.length, Buffer.byteLength(text), ...Buffer.from(text), 0])
      : Buffer.concat([Buffer.from([text.length, 0]), Buffer.from(text, 'utf16le'), Buffer.alloc(2)]),
  )
  let offset = 0
  const offsets = encoded.map((bytes) => {
    offset += bytes.length
    return offset - bytes.length
  })
  const data = Buffer.concat([...encoded, Buffer.alloc((4 - (offset % 4)) % 4)])
  const start = 28 + offsets.length * 4
  const size = start + data.length
  const header = words((28 << 16) | 0x0001, size, strings.length, 0, isUtf8 ? 0x100 : 0, start, 0)
  return Buffer.concat([header, words(...offsets), data])
}
