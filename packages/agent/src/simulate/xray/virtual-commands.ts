import { crc32, deflateSync } from 'node:zlib'
import type { Report } from '../../check-in/report.ts'
import type { VirtualFiles } from './virtual-files.ts'

/** The device that a shell runs on. */
export interface Context {
  name: string
  properties: Readonly<Record<string, string>>
  files: VirtualFiles
  report(): Report
  reboot(): void
}

interface Call {
  words: string[]
  /** A path from the root. */
  at(path: string): string
  say(text: string | Buffer): void
  sleep(ms: number): Promise<unknown>
  signal: AbortSignal
}

/** @returns the exit status; none for 0. */
export type Command = (call: Call) => Promise<number | undefined> | number | undefined

const logEveryMs = 700
const [screenWidth, screenHeight] = [240, 400]

/** What a simulated device can be asked. */
export function commandsOf({ name, properties, files, report, reboot }: Context): Readonly<Record<string, Command>> {
  const startedAt = performance.now()
  const packages = () => report().apps ?? []
  const commands: Record<string, Command> = {
    help: ({ say }) => say(`It knows: cd, pwd, exit, ${Object.keys(commands).sort().join(', ')}\n`) as undefined,
    echo: ({ words, say }) => say(`${words.join(' ')}\n`) as undefined,
    true: () => 0,
    false: () => 1,
    id: ({ say }) => say('uid=2000(shell) gid=2000(shell) groups=2000(shell)\n') as undefined,
    whoami: ({ say }) => say('shell\n') as undefined,
    hostname: ({ say }) => say(`${name}\n`) as undefined,
    uname: ({ say }) => say('Linux localhost 6.1.0-simulated aarch64 Toybox\n') as undefined,
    date: ({ say }) => say(`${new Date().toUTCString()}\n`) as undefined,
    uptime: ({ say }) => say(`up ${Math.round((performance.now() - startedAt) / 1000)} seconds\n`) as undefined,
    getprop: ({ words, say }) => {
      const [wanted] = words
      if (wanted !== undefined) say(`${properties[wanted] ?? ''}\n`)
      else for (const [key, value] of Object.entries(properties)) say(`[${key}]: [${value}]\n`)
      return 0
    },
    ls: ({ words, at, say }) => {
      const path = at(words.find((word) => !word.startsWith('-')) ?? '.')
      const isLong = words.some((word) => word.startsWith('-') && word.includes('l'))
      const state = files.stat(path)
      if (!state) return failed(say, `ls: ${path}: No such file or directory`)
      const entries = files.list(path)
      for (const entry of entries.length > 0 ? entries : [{ name: path, ...state }])
        say(
          isLong
            ? `${entry.mode.toString(8).padStart(6, '0')} ${String(entry.size).padStart(8)} ${entry.name}\n`
            : `${entry.name}\n`,
        )
      return 0
    },
    cat: ({ words, at, say }) => {
      for (const word of words) {
        if (files.list(at(word)).length > 0 || !files.stat(at(word)))
          return failed(say, `cat: ${word}: No such file or directory`)
        say(files.read(at(word)).toString())
      }
      return 0
    },
    rm: ({ words, at, say }) => {
      for (const word of words.filter((one) => !one.startsWith('-')))
        if (!files.remove(at(word))) return failed(say, `rm: ${word}: No such file or directory`)
      return 0
    },
    ps: ({ say }) => {
      say('  PID NAME\n    1 init\n')
      for (const [index, { name: app }] of packages().slice(0, 8).entries())
        say(`${String(1_200 + index * 37).padStart(5)} ${app}\n`)
      return 0
    },
    pm: ({ words, say }) => {
      if (words[0] === 'list') for (const { name: app } of packages()) say(`package:${app}\n`)
      else if (words[0] === 'install') say('Success\n')
      else return failed(say, `pm: unknown command ${words[0] ?? ''}`)
      return 0
    },
    dumpsys: ({ words, say }) => {
      if (words[0] !== 'battery') return failed(say, `Can't find service: ${words[0] ?? ''}`)
      say(`Current Battery Service state:\n  level: ${report().battery?.level ?? 100}\n  scale: 100\n`)
      return 0
    },
    logcat: async ({ words, say, sleep, signal }) => {
      for (const line of logLines(packages())) say(line)
      if (words.includes('-d')) return 0
      while (!signal.aborted) {
        await sleep(logEveryMs)
        if (!signal.aborted) say(logLine('I', 'Heartbeat', `battery ${report().battery?.level ?? 100}`))
      }
      return 0
    },
    sleep: async ({ words, sleep }) => void (await sleep(Number(words[0]) * 1000 || 0)) as undefined,
    screencap: ({ say }) => say(screen(name)) as undefined,
    bugreportz: ({ words, say }) => {
      if (words[0] === '-v') say('1.1\n')
      else say('OK:/bugreports/bugreport.zip\n')
      return 0
    },
    reboot: () => {
      reboot()
      return 0
    },
  }
  return commands
}

function failed(say: Call['say'], message: string): number {
  say(`${message}\n`)
  return 1
}

function logLine(level: string, tag: string, text: string): string {
  const time = new Date().toISOString().slice(5, 23).replace('T', ' ')
  return `${time}  1204  1204 ${level} ${tag}: ${text}\n`
}

const logLines = (apps: { name: string }[]) => [
  '--------- beginning of main\n',
  ...apps
    .slice(0, 10)
    .map(({ name }, index) => logLine('IDW'[index % 3] ?? 'I', 'ActivityManager', `Start proc ${name}`)),
]

/** A picture of bars, whose color comes from the name of the device (PNG, RFC 2083). */
function screen(name: string): Buffer {
  const hue = crc32(name)
  const rows = Array.from({ length: screenHeight }, (_, y) => {
    const row = Buffer.alloc(1 + screenWidth * 3)
    for (let x = 0; x < screenWidth; x++) {
      const light = Math.floor(y / 40) % 2 === 0 ? 1 : 0.6
      for (let channel = 0; channel < 3; channel++)
        row[1 + x * 3 + channel] = Math.floor(((hue >> (channel * 8)) & 0xff) * light)
    }
    return row
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(screenWidth, 0)
  header.writeUInt32BE(screenHeight, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(kind: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind), content])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
