import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  name: string
  data: Buffer | string
  isStored?: boolean
  /** What the headers say, where it is not the truth. */
  declaredSize?: number
}

/** A ZIP archive: its entries, its directory and the record at its end, which may be taken apart. */
export interface Zip {
  entries: Buffer
  directory: Buffer
  end: Buffer
}

export function makeZip(entries: ZipEntry[]): Zip {
  const bodies: Buffer[] = []
  const records: Buffer[] = []
  let offset = 0
  for (const { name, data, isStored = false, declaredSize } of entries) {
    const content = Buffer.from(data)
    const packed = isStored ? content : deflateRawSync(content)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x0800, 2)
    common.writeUInt16LE(isStored ? 0 : 8, 4)
    common.writeUInt16LE(0x21, 8)
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(declaredSize ?? content.length, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(offset, 10)
    records.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, tail, Buffer.from(name)]))
    bodies.push(local)
    offset += local.length
  }
  const directory = Buffer.concat(records)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return { entries: Buffer.concat(bodies), directory, end }
}

/** The archive in one piece. */
export const zip = (entries: ZipEntry[]): Buffer => {
  const { entries: bodies, directory, end } = makeZip(entries)
  return Buffer.concat([bodies, directory, end])
}
