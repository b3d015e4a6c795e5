/** What is known of a device's credential. */
export interface KnownDigest {
  accountId: string
  /** SHA-256 of the secret, in hexadecimal. */
  secretHash: string
}

/** Of each device, in 32-bit words: its id, the first 16 bytes of the digest of its secret, and the number of its account. */
const slotWords = 9
const digestAt = 4
const accountAt = 8
const firstSlots = 2 ** 10
/** Above this share of used slots, searches grow long. */
const fullAt = 0.75

/**
 * The credentials of devices that were right when last looked, 36 bytes a slot and outside of the heap: 19 MB for 200,000 devices,
 * 75 MB for 1,500,000. Beyond its size any device gives way to a new one: were it the least recently used, a fleet that is a little
 * larger and checks in by turns would never find anything.
 */
export class DeviceDigests {
  readonly #maxSlots: number
  #slots = firstSlots
  #words = new Uint32Array(firstSlots * slotWords)
  #size = 0
  /** The number of an account is its place in the list and one more: 0 marks a free slot. */
  readonly #accounts: string[] = []
  readonly #accountNumbers = new Map<string, number>()
  readonly #id = new Uint32Array(4)
  readonly #digest = new Uint32Array(4)

  /** @param maxSlots a power of two; three quarters of it are used. */
  constructor(maxSlots = 2 ** 21) {
    this.#maxSlots = maxSlots
    if (maxSlots < firstSlots) this.#resize(maxSlots)
  }

  get size(): number {
    return this.#size
  }

  /** How much memory it takes. */
  get bytes(): number {
    return this.#words.byteLength
  }

  /** The account of the device if this is the secret that is known of it. */
  find(id: string, secretHash: string): string | undefined {
    if (!readWords(id, this.#id)) return undefined
    const at = this.#search() * slotWords
    const account = this.#words[at + accountAt] ?? 0
    readWords(secretHash, this.#digest)
    // All of it is compared, whatever differs: the time tells nothing.
    let difference = account === 0 ? 1 : 0
    for (let word = 0; word < 4; word++) difference |= this.#word(at + digestAt + word) ^ this.#at(this.#digest, word)
    return difference === 0 ? this.#accounts[account - 1] : undefined
  }

  set(id: string, { accountId, secretHash }: KnownDigest): void {
    if (!readWords(id, this.#id) || !readWords(secretHash, this.#digest)) return
    let slot = this.#search()
    if (this.#isFree(slot)) {
      if (this.#size + 1 > this.#slots * fullAt) {
        if (this.#slots < this.#maxSlots) this.#resize(this.#slots * 2)
        else this.#deleteAny()
        slot = this.#search()
      }
      this.#size++
    }
    this.#words.set(this.#id, slot * slotWords)
    this.#words.set(this.#digest, slot * slotWords + digestAt)
    this.#words[slot * slotWords + accountAt] = this.#numberOf(accountId)
  }

  /** Forgets the device; with a secret, only if that is what is known of it. */
  delete(id: string, secretHash?: string): void {
    if (secretHash !== undefined && this.find(id, secretHash) === undefined) return
    if (!readWords(id, this.#id)) return
    const slot = this.#search()
    if (!this.#isFree(slot)) this.#free(slot)
  }

  #at(words: Uint32Array, index: number): number {
    return words[index] ?? 0
  }

  #word(index: number): number {
    return this.#words[index] ?? 0
  }

  #isFree(slot: number): boolean {
    return this.#word(slot * slotWords + accountAt) === 0
  }

  #numberOf(accountId: string): number {
    const known = this.#accountNumbers.get(accountId)
    if (known !== undefined) return known
    const number = this.#accounts.push(accountId)
    this.#accountNumbers.set(accountId, number)
    return number
  }

  /** Where the id would be if nothing else were there: the end of a UUIDv7 is random. */
  #homeOf(words: Uint32Array, at: number): number {
    return (this.#at(words, at + 2) ^ this.#at(words, at + 3)) & (this.#slots - 1)
  }

  /** The slot of the id that was read, or the free one where it belongs. */
  #search(): number {
    const [a, b, c, d] = this.#id
    let slot = this.#homeOf(this.#id, 0)
    for (; !this.#isFree(slot); slot = this.#after(slot)) {
      const at = slot * slotWords
      if (this.#word(at + 3) === d && this.#word(at + 2) === c && this.#word(at + 1) === b && this.#word(at) === a)
        break
    }
    return slot
  }

  #after(slot: number): number {
    return (slot + 1) & (this.#slots - 1)
  }

  /** Frees a slot, and moves those behind it up that could not be where they belong. */
  #free(slot: number): void {
    let free = slot
    for (let next = this.#after(slot); !this.#isFree(next); next = this.#after(next)) {
      const home = this.#homeOf(this.#words, next * slotWords)
      const distance = (next - home) & (this.#slots - 1)
      if (distance < ((next - free) & (this.#slots - 1))) continue
      this.#words.copyWithin(free * slotWords, next * slotWords, (next + 1) * slotWords)
      free = next
    }
    this.#words.fill(0, free * slotWords, (free + 1) * slotWords)
    this.#size--
  }

  /** Keeps what is being looked for. */
  #deleteAny(): void {
    let slot = Math.floor(Math.random() * this.#slots)
    while (this.#isFree(slot)) slot = this.#after(slot)
    this.#free(slot)
  }

  #resize(slots: number): void {
    const [words, id] = [this.#words, this.#id.slice()]
    this.#slots = slots
    this.#words = new Uint32Array(slots * slotWords)
    for (let at = 0; at < words.length; at += slotWords) {
      if (words[at + accountAt] === 0) continue
      this.#id.set(words.subarray(at, at + 4))
      this.#words.set(words.subarray(at, at + slotWords), this.#search() * slotWords)
    }
    this.#id.set(id)
  }
}

/** Reads the first 32 hexadecimal digits, whatever hyphens are between them. @returns whether there are as many. */
function readWords(text: string, words: Uint32Array): boolean {
  let digits = 0
  let word = 0
  for (let index = 0; index < text.length && digits < 32; index++) {
    const digit = digitOf(text.charCodeAt(index))
    if (digit === hyphen) continue
    if (digit === undefined) return false
    word = (word << 4) | digit
    digits++
    if (digits % 8 === 0) words[digits / 8 - 1] = word
  }
  return digits === 32
}

const hyphen = -1

function digitOf(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x61 + 10
  return code === 0x2d ? hyphen : undefined
}
