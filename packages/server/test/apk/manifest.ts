/** A value of an attribute: a reference is the id of a resource. */
type AttributeValue = number | string | boolean | { reference: number }

/** What a test APK says of itself. */
export interface ManifestFields {
  packageName: string
  versionCode: AttributeValue
  versionName?: string
  minSdkVersion?: AttributeValue
  targetSdkVersion?: AttributeValue
  versionCodeMajor?: AttributeValue
  split?: string
  configForSplit?: string
  isFeatureSplit?: boolean
  requiredSplitTypes?: string
  /** On `manifest`, or on `application`. */
  isSplitRequired?: 'manifest' | 'application'
  testOnly?: boolean
  /** `meta-data` of the application. */
  metaData?: Record<string, AttributeValue>
}

const attributeIds = {
  name: 0x01010003,
  value: 0x01010024,
  minSdkVersion: 0x0101020c,
  versionCode: 0x0101021b,
  versionName: 0x0101021c,
  targetSdkVersion: 0x01010270,
  testOnly: 0x01010272,
  isFeatureSplit: 0x0101055b,
  versionCodeMajor: 0x01010576,
  isSplitRequired: 0x01010591,
  requiredSplitTypes: 0x0101064e,
}
const android = 'http://schemas.android.com/apk/res/android'
const none = 0xffffffff
const types = { reference: 0x01, string: 0x03, integer: 0x10, boolean: 0x12 }

/** A binary AndroidManifest.xml as Android's build tools write it. */
export function makeManifest(fields: ManifestFields, { isUtf8 = false } = {}): Buffer {
  const { packageName, versionName = '1.0', metaData = {}, isSplitRequired } = fields
  // Attributes with a resource id come first: the resource map is by place.
  const strings = [...Object.keys(attributeIds)]
  const ref = (text: string) => {
    if (!strings.includes(text)) strings.push(text)
    return strings.indexOf(text)
  }
  const attribute = (namespace: number, name: string, value: AttributeValue) => {
    const words32 = (type: number, data: number) =>
      words(namespace, ref(name), type === types.string ? data : none, (type << 24) | 8, data)
    if (typeof value === 'string') return words32(types.string, ref(value))
    if (typeof value === 'object') return words32(types.reference, value.reference)
    return typeof value === 'boolean' ? words32(types.boolean, value ? none : 0) : words32(types.integer, value)
  }
  const own = (name: keyof typeof attributeIds, value: AttributeValue | undefined) =>
    value === undefined ? [] : [attribute(ref(android), name, value)]
  const plain = (name: string, value: string | undefined) => (value === undefined ? [] : [attribute(none, name, value)])
  const start = (name: string, attributes: Buffer[]) => {
    const sizes = Buffer.alloc(12)
    sizes.writeUInt16LE(20, 0)
    sizes.writeUInt16LE(20, 2)
    sizes.writeUInt16LE(attributes.length, 4)
    return chunk(0x0102, words(1, none), words(none, ref(name)), sizes, ...attributes)
  }
  const end = (name: string) => chunk(0x0103, words(1, none), words(none, ref(name)))
  const element = (name: string, attributes: Buffer[], ...children: Buffer[]) => [
    start(name, attributes),
    ...children,
    end(name),
  ]
  const namespace = (type: number) => chunk(type, words(1, none), words(ref('android'), ref(android)))
  const root = element(
    'manifest',
    [
      ...own('versionCode', fields.versionCode),
      ...own('versionName', versionName),
      ...own('versionCodeMajor', fields.versionCodeMajor),
      ...own('isFeatureSplit', fields.isFeatureSplit),
      ...own('requiredSplitTypes', fields.requiredSplitTypes),
      ...own('isSplitRequired', isSplitRequired === 'manifest' ? true : undefined),
      ...plain('package', packageName),
      ...plain('split', fields.split),
      ...plain('configForSplit', fields.configForSplit),
    ],
    ...element('uses-sdk', [
      ...own('minSdkVersion', fields.minSdkVersion),
      ...own('targetSdkVersion', fields.targetSdkVersion),
    ]),
    ...element(
      'application',
      [
        ...own('testOnly', fields.testOnly),
        ...own('isSplitRequired', isSplitRequired === 'application' ? true : undefined),
      ],
      ...Object.entries(metaData).flatMap(([name, value]) =>
        element('meta-data', [...own('name', name), ...own('value', value)]),
      ),
    ),
  )
  const nodes = Buffer.concat([namespace(0x0100), ...root, namespace(0x0101)])
  const body = Buffer.concat([stringPool(strings, isUtf8), chunk(0x0180, words(...Object.values(attributeIds))), nodes])
  return Buffer.concat([words(0x0008_0003, body.length + 8), body])
}

const words = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, index * 4)
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
