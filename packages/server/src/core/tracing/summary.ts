const known = new Map<string, string>()
const maxKnown = 5_000
const mostTables = 3
/** What a word of SQL leads to; a name that a bracket follows is a table to be written, or a function to be read from. */
const targets =
  /\b(?:(?:into|update|table)\s+(?:only\s+)?([a-z_][\w.]*)|(?:from|join)\s+(?:only\s+)?([a-z_][\w.]*)\b(?!\s*\())/gi

/** What a statement does, as OpenTelemetry names it: its verb and the first of its tables, `SELECT device heartbeat`. */
export function summaryOf(text: string): string {
  const found = known.get(text)
  if (found !== undefined) return found
  const plain = text.replaceAll(/'[^']*'|--.*/g, '')
  const [verb = ''] = /[a-z]+/i.exec(plain) ?? []
  const tables = [...plain.matchAll(targets)]
    .map(([, changed, read]) => changed ?? read ?? '')
    .filter((name) => !/^(lateral|set|select|skip|of|unnest|rows)$/i.test(name))
  const summary = [verb.toUpperCase(), ...[...new Set(tables)].slice(0, mostTables)].join(' ')
  if (known.size < maxKnown) known.set(text, summary)
  return summary
}
