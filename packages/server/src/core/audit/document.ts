type Members = Record<string, unknown>

/** Members of answers that are secrets, or hold one. */
const secrets = new Set(
  'key secret token password link qr uploadUrl signed_request recoveryCodes credentials pushUrl access_token id_token'.split(
    ' ',
  ),
)

/** An entry holds so much of a document in full; of a longer one, members of at most `shortMember`. */
const longest = 16 * 2 ** 10
const shortMember = 2 ** 10

/** What is kept of a document, or of the result of a change: its members without secrets; of other values nothing. */
export function membersOf(value: unknown): Members | undefined {
  const document = typeof value === 'string' ? parsed(value) : value
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined
  const members = withoutSecrets(document as Members) as Members
  return JSON.stringify(members).length <= longest ? members : shortened(members)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      // A marker and a label have a `key` that is none.
      secrets.has(name) && !(name === 'key' && 'value' in value) ? [] : [[name, withoutSecrets(inner)]],
    ),
  )
}

function shortened(members: Members): Members {
  let left = longest
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => {
      const { length } = JSON.stringify(value) ?? ''
      if (length > shortMember || length > left) return [name, { leftOut: length }]
      left -= length
      return [name, value]
    }),
  )
}

/** Of a change, the members that differ. */
export function differences(before: Members, after: Members): { before: Members; after: Members } {
  const isSame = (name: string) => JSON.stringify(before[name]) === JSON.stringify(after[name])
  const differing = (members: Members) => Object.fromEntries(Object.entries(members).filter(([name]) => !isSame(name)))
  return { before: differing(before), after: differing(after) }
}
