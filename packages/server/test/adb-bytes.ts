/** A message of ADB. Source: AOSP, packages/modules/adb/protocol.txt. @param command its four letters. */
export function adbMessage(command: string, arg0: number, arg1: number, payload: string | Buffer = ''): Buffer {
  const header = Buffer.alloc(24)
  header.write(command, 'latin1')
  const word = header.readUInt32LE(0)
  const bytes = Buffer.from(payload)
  header.writeUInt32LE(arg0, 4)
  header.writeUInt32LE(arg1, 8)
  header.writeUInt32LE(bytes.length, 12)
  header.writeUInt32LE((word ^ 0xffffffff) >>> 0, 20)
  return Buffer.concat([header, bytes])
}

/** A packet of shell protocol 2. Source: AOSP, packages/modules/adb/shell_protocol.h. */
export function shellPacket(kind: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  const header = Buffer.from([kind, 0, 0, 0, 0])
  header.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([header, bytes])
}
