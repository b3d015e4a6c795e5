/** What an APK says of itself, as Android reads it. */
export interface Manifest {
  packageName: string
  versionCode: number
  /** Absent when it is a resource of the app and not a text. */
  versionName: string | undefined
  minSdkVersion: number
  targetSdkVersion: number
}

const chunk = { stringPool: 0x0001, xml: 0x0003, startElement: 0x0102, endElement: 0x0103, resourceMap: 0x0180 }
/** Resource ids of `android.R.attr`: Android knows these attributes by id, whatever name stands beside it. */
const attribute = {
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
const valueType = { reference: 0x01, string: 0x03, firstInteger: 0x10, lastInteger: 0x11 }
/** Letters, digits and underscores, in two parts or more. Source: Android's FrameworkParsingPackageUtils.validateName. */
const packageForm = /^[A-Za-z][A-Za-z0-9_]*(?:\.(?:[A-Za-z][A-Za-z0-9_]*)?)+$/
/** What builds for a preview say in place of a number (android.os.Build.VERSION_CODES.CUR_DEVELOPMENT). */
const preview = 10_000
const isUtf8Flag = 1 << 8
const none = 0xffffffff

/**
 * Reads a binary AndroidManifest.xml. Every offset in it is the sender's: reading outside the bytes throws, a chunk moves
 * forward by at least its header, and only the texts that are asked for are read.
 *
 * @throws Error when it is none.
 */
export function readManifest(bytes: Buffer): Manifest {
  if (bytes.readUInt16LE(0) !== chunk.xml) throw new Error('AndroidManifest.xml is not binary XML')
  const { root, sdk, application, metaData } = findElements(bytes)
  if (root?.name !== 'manifest') throw new Error('AndroidManifest.xml holds no manifest')
  const packageName = root.plainText('package')
  if (packageName === undefined) throw new Error('AndroidManifest.xml names no package')
  if (!packageForm.test(packageName))
    throw new Error(`its package is ${JSON.stringify(packageName)}, which Android does not take for a name`)
  refuseSplit(root, application, metaData)
  if (application?.isTrue(attribute.testOnly)) throw new Error('it is marked testOnly: upload a release build')
  const versionCode = versionCodeOf(root)
  const minSdkVersion = sdk?.integer('minSdkVersion') ?? 1
  if (minSdkVersion >= preview)
    throw new Error(`its minSdkVersion is ${minSdkVersion}, a preview that no released Android takes`)
  return {
    packageName,
    versionCode,
    versionName: root.text(attribute.versionName),
    minSdkVersion,
    targetSdkVersion: sdk?.integer('targetSdkVersion') ?? minSdkVersion,
  }
}

/** The elements that say something of the app. */
interface Elements {
  root?: Element
  sdk?: Element
  application?: Element
  metaData: Element[]
}

function findElements(bytes: Buffer): Elements {
  const found: Elements = { metaData: [] }
  let stringAt = (_index: number): string => ''
  let resourceIds: (index: number) => number | undefined = () => undefined
  let depth = 0
  for (const { type, part } of chunksOf(bytes)) {
    if (type === chunk.stringPool) stringAt = stringPool(part)
    else if (type === chunk.resourceMap) resourceIds = resourceMap(part)
    else if (type === chunk.startElement) keepElement(found, new Element(part, stringAt, resourceIds), depth++)
    else if (type === chunk.endElement) depth--
  }
  return found
}

function* chunksOf(bytes: Buffer): Generator<{ type: number; part: Buffer }> {
  for (let at = bytes.readUInt16LE(2); at + 8 <= bytes.length; ) {
    const [type, size] = [bytes.readUInt16LE(at), bytes.readUInt32LE(at + 4)]
    if (size < 8 || at + size > bytes.length) throw new Error('AndroidManifest.xml is cut off')
    yield { type, part: bytes.subarray(at, at + size) }
    at += size
  }
}

function keepElement(found: Elements, element: Element, depth: number): void {
  if (depth === 0) found.root ??= element
  else if (depth === 1 && element.name === 'uses-sdk') found.sdk ??= element
  else if (depth === 1 && element.name === 'application') found.application ??= element
  else if (depth === 2 && element.name === 'meta-data') found.metaData.push(element)
}

function versionCodeOf(root: Element): number {
  const versionCode = root.integer('versionCode')
  if (versionCode === undefined) throw new Error('AndroidManifest.xml has no versionCode')
  if ((root.integer('versionCodeMajor') ?? 0) !== 0)
    throw new Error('AndroidManifest.xml has a versionCodeMajor, which is beyond every version that can be deployed')
  return versionCode
}

const universal = 'upload the universal APK'
const splitsRequired = 'com.android.vending.splits.required'

/** A part of an app, or one that needs other parts: Android would install neither alone. */
function refuseSplit(root: Element, application: Element | undefined, metaData: Element[]): void {
  const split = root.plainText('split')
  const isPart = split || root.plainText('configForSplit')
  if (isPart || root.isTrue(attribute.isFeatureSplit))
    throw new Error(`it is a split APK${split ? ` (${split})` : ''}, which is one part of an app: ${universal}`)
  const needsParts =
    root.isTrue(attribute.isSplitRequired) ||
    application?.isTrue(attribute.isSplitRequired) ||
    (root.text(attribute.requiredSplitTypes) ?? '') !== '' ||
    metaData.some((element) => element.text(attribute.name) === splitsRequired && element.isTrue(attribute.value))
  if (needsParts) throw new Error(`it needs further split APKs and cannot be installed alone: ${universal}`)
}

class Element {
  readonly #part: Buffer
  readonly #stringAt: (index: number) => string
  readonly #resourceIds: (index: number) => number | undefined

  constructor(part: Buffer, stringAt: (index: number) => string, resourceIds: (index: number) => number | undefined) {
    this.#part = part
    this.#stringAt = stringAt
    this.#resourceIds = resourceIds
  }

  get name(): string {
    return this.#stringAt(this.#part.readUInt32LE(20))
  }

  /** The value of an attribute that is known by its name alone. */
  plainText(name: string): string | undefined {
    for (const value of this.#attributes())
      if (
        value.namespace === none &&
        this.#resourceIds(value.name) === undefined &&
        this.#stringAt(value.name) === name
      )
        return this.#textOf(value)
    return undefined
  }

  text(id: number): string | undefined {
    const value = this.#find(id)
    return value && this.#textOf(value)
  }

  /** @throws Error when the attribute is there and is no number: a codename, a text, a resource. */
  integer(name: keyof typeof attribute): number | undefined {
    const value = this.#find(attribute[name])
    if (!value) return undefined
    if (value.type >= valueType.firstInteger && value.type <= valueType.lastInteger) return value.data | 0
    const text = this.#textOf(value)
    if (text === undefined)
      throw new Error(`its ${name} is ${value.type === valueType.reference ? 'a resource' : 'no number'}`)
    if (name.endsWith('SdkVersion') && !/^\d+$/.test(text))
      throw new Error(
        `its ${name} is ${JSON.stringify(text)}, a preview that no released Android takes: build it for a number`,
      )
    throw new Error(`its ${name} is the text ${JSON.stringify(text)}, which Android does not take for a number`)
  }

  isTrue(id: number): boolean {
    const value = this.#find(id)
    if (value?.type === valueType.string) return this.#textOf(value) === 'true'
    return value !== undefined && value.type >= valueType.firstInteger && value.data !== 0
  }

  #find(id: number): AttributeValue | undefined {
    for (const value of this.#attributes()) if (this.#resourceIds(value.name) === id) return value
    return undefined
  }

  #textOf({ type, data }: AttributeValue): string | undefined {
    return type === valueType.string ? this.#stringAt(data) : undefined
  }

  *#attributes(): Generator<AttributeValue> {
    const part = this.#part
    const headerSize = part.readUInt16LE(2)
    const [start, size, count] = [part.readUInt16LE(24), part.readUInt16LE(26), part.readUInt16LE(28)]
    for (let index = 0; index < count; index++) {
      const at = headerSize + start + index * size
      yield {
        namespace: part.readUInt32LE(at),
        name: part.readUInt32LE(at + 4),
        type: part.readUInt8(at + 15),
        data: part.readUInt32LE(at + 16),
      }
    }
  }
}

interface AttributeValue {
  namespace: number
  /** Place in the string pool, and in the resource map where it has a resource id. */
  name: number
  type: number
  data: number
}

function resourceMap(part: Buffer): (index: number) => number | undefined {
  const start = part.readUInt16LE(2)
  return (index) => (start + index * 4 + 4 <= part.length ? part.readUInt32LE(start + index * 4) : undefined)
}

function stringPool(part: Buffer): (index: number) => string {
  const [count, flags, start] = [part.readUInt32LE(8), part.readUInt32LE(16), part.readUInt32LE(20)]
  const read = flags & isUtf8Flag ? readUtf8 : readUtf16
  const offsets = part.readUInt16LE(2)
  return (index) => {
    if (index >= count) throw new Error('AndroidManifest.xml names a text that it does not hold')
    return read(part, start + part.readUInt32LE(offsets + index * 4))
  }
}

/** Longer texts stand in no manifest where they are read. */
const maxText = 1_000

/** Its length in characters, which nobody needs, its length in bytes, and the bytes; a length is one byte or two. */
function readUtf8(part: Buffer, at: number): string {
  const afterCharacters = at + (part.readUInt8(at) & 0x80 ? 2 : 1)
  const first = part.readUInt8(afterCharacters)
  const isLong = (first & 0x80) !== 0
  const length = isLong ? ((first & 0x7f) << 8) | part.readUInt8(afterCharacters + 1) : first
  return readText(part, afterCharacters + (isLong ? 2 : 1), length, 'utf8')
}

function readUtf16(part: Buffer, at: number): string {
  const first = part.readUInt16LE(at)
  const isLong = (first & 0x8000) !== 0
  const length = isLong ? (first & 0x7fff) * 0x10000 + part.readUInt16LE(at + 2) : first
  return readText(part, at + (isLong ? 4 : 2), length * 2, 'utf16le')
}

function readText(part: Buffer, at: number, length: number, encoding: BufferEncoding): string {
  if (length > maxText || at + length > part.length)
    throw new Error('AndroidManifest.xml holds a text that is too long')
  const text = part.toString(encoding, at, at + length)
  if (text.includes('\0') || !text.isWellFormed()) throw new Error('AndroidManifest.xml holds a text that is none')
  return text
}
