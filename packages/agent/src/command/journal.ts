import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { Checkin } from '@mason/contract/checkin'
import { Command, type NotificationOutcome, notificationTypes } from '@mason/contract/notification'
import { dayMs } from '@mason/contract/time'
import T, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { writePrivateFile } from '../credential/private-file.ts'

// The platform abandons a command when it expires; the extra day allows for clocks that disagree.
const keptAfterExpiryMs = dayMs
const linesBeforeCompaction = 200

/** `held` waits for its window. `acknowledged` comes before the hook, for a command that may shut down the host; `done` comes after it. */
const steps = ['held', 'started', 'acknowledged', 'done', 'failed'] as const

const Entry = T.Object({
  id: T.String(),
  type: T.Enum(notificationTypes),
  expiresAt: T.String(),
  step: T.Enum(steps),
  reason: T.Optional(T.String()),
  command: T.Optional(Command),
  at: T.String({ description: 'when this step was taken' }),
})
type Entry = Static<typeof Entry>

/**
 * The progress of each command, in a file that survives a crash: a command is on disk before it runs, so that none runs
 * twice. Each line is one step and begins with its line break, so that a line cut off by a crash or a full disk spoils no
 * other.
 */
export class Journal {
  readonly #path: string
  readonly #now: () => number
  readonly #entries: Map<string, Entry>
  #file: FileHandle
  #lines: number

  private constructor(path: string, now: () => number, entries: Map<string, Entry>, file: FileHandle) {
    this.#path = path
    this.#now = now
    this.#entries = entries
    this.#file = file
    this.#lines = entries.size
  }

  /**
   * Opens an agent's journal, and creates it if there is none.
   *
   * @param now milliseconds since 1970.
   */
  static async open(path: string, now: () => number): Promise<Journal> {
    const entries = readEntries(await readIfPresent(path))
    return new Journal(path, now, entries, await rewrite(path, entries, now()))
  }

  /** Records a step of a command; it is on disk when this resolves. Calls must not overlap. */
  async record(command: Command, step: Entry['step'], reason?: string): Promise<void> {
    const { id, type, expiresAt } = command
    const at = new Date(this.#now()).toISOString()
    const entry: Entry = {
      id,
      type,
      expiresAt,
      step,
      ...(reason !== undefined && { reason }),
      ...(step === 'held' && { command }),
      at,
    }
    if (this.#lines >= linesBeforeCompaction + this.#entries.size) await this.#compact()
    await this.#file.appendFile(`\n${JSON.stringify(entry)}`)
    await this.#file.datasync()
    this.#lines += 1
    this.#entries.set(id, entry)
  }

  /**
   * The outcome of a command that was started or is held, in this run or an earlier one; undefined for any other. A command that was
   * started and never finished has failed: it is unknown whether its hook did its work.
   */
  outcomeOf(id: string): NotificationOutcome | undefined {
    const entry = this.#entries.get(id)
    return entry && outcomeOf(entry)
  }

  /** The commands that wait for their windows, oldest first. */
  held(): Command[] {
    return [...this.#entries.values()].flatMap(({ step, command }) => (step === 'held' && command ? [command] : []))
  }

  /** The outcomes of commands that were started and never finished. */
  interrupted(): NotificationOutcome[] {
    return [...this.#entries.values()].filter(({ step }) => step === 'started').map(outcomeOf)
  }

  /** The members of the device's report that come from commands carried out. */
  report(): Pick<Checkin, 'updateCheckedAt' | 'resetAt'> {
    const updateCheckedAt = this.#lastDone('check')
    const resetAt = this.#lastDone('wipe')
    return { ...(updateCheckedAt !== undefined && { updateCheckedAt }), ...(resetAt !== undefined && { resetAt }) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  #lastDone(type: Entry['type']): string | undefined {
    const times = [...this.#entries.values()].filter((entry) => entry.type === type && entry.step === 'done')
    return times
      .map(({ at }) => at)
      .sort()
      .at(-1)
  }

  async #compact(): Promise<void> {
    const file = await rewrite(this.#path, this.#entries, this.#now())
    await this.#file.close()
    this.#file = file
    this.#lines = this.#entries.size
  }
}

function outcomeOf({ id, step, reason }: Entry): NotificationOutcome {
  if (step === 'held') return { id, state: 'held' }
  if (step === 'acknowledged' || step === 'done') return { id, state: 'acknowledged' }
  return { id, state: 'failed', reason: step === 'started' ? 'interrupted' : (reason ?? 'failed') }
}

async function readIfPresent(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

function readEntries(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const line of text.split('\n')) {
    const entry = parseEntry(line)
    if (entry) entries.set(entry.id, entry)
  }
  return entries
}

function parseEntry(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return Value.Check(Entry, value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Drops commands that expired long ago and rewrites the file with the others. */
async function rewrite(path: string, entries: Map<string, Entry>, nowMs: number): Promise<FileHandle> {
  for (const [id, { expiresAt }] of entries) {
    if (Date.parse(expiresAt) + keptAfterExpiryMs < nowMs) entries.delete(id)
  }
  await writePrivateFile(path, Array.from(entries.values(), (entry) => `\n${JSON.stringify(entry)}`).join(''))
  return open(path, 'a', 0o600)
}
