/** A sample of the Prometheus text format. */
interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

interface Family {
  type: string
  help: string
  samples: Sample[]
}

const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([Nn]a[Nn]|[+-]Inf|-?[0-9.eE+-]+)$/
const labelForm = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y
const suffixes: Record<string, RegExp> = { histogram: /_(bucket|sum|count)$/, summary: /_(sum|count)$/ }

/**
 * Reads the text format as its description has it, and nothing else.
 *
 * @throws on whatever Prometheus or `promtool check metrics` would find.
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, Family>()
  const seen = new Set<string>()
  let current = ''
  for (const line of text.slice(0, -1).split('\n')) {
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? []
    if (keyword !== undefined) {
      describe(families, keyword, name, rest, current)
      current = name
    } else if (line !== '') addSample(families.get(current), current, line, seen)
  }
  for (const [name, { type }] of families) refuseMisnamed(name, type)
  return families
}

function describe(families: Map<string, Family>, keyword: string, name: string, rest: string, current: string): void {
  if (keyword === 'HELP') {
    if (families.has(name)) throw new Error(`${name} is described twice`)
    families.set(name, { type: 'untyped', help: rest, samples: [] })
    return
  }
  const family = families.get(name)
  if (!family || name !== current) throw new Error(`the type of ${name} has no HELP before it`)
  family.type = rest
}

function refuseMisnamed(name: string, type: string): void {
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${name} is a ${type}`)
  if (/_(counter|gauge|histogram|summary)(_|$)/.test(name)) throw new Error(`${name} has its type in its name`)
}

function addSample(family: Family | undefined, familyName: string, line: string, seen: Set<string>): void {
  const [, name, labels = '', value] = sampleForm.exec(line) ?? []
  if (name === undefined || !family) throw new Error(`this is no sample: ${line}`)
  const suffix = suffixes[family.type]
  if (name !== familyName && !(suffix && name.replace(suffix, '') === familyName))
    throw new Error(`${name} stands among ${familyName}`)
  const id = line.slice(0, line.lastIndexOf(' '))
  if (seen.has(id)) throw new Error(`${id} is there twice`)
  seen.add(id)
  family.samples.push({ name, labels: parseLabels(labels), value: Number(value?.replace('Inf', 'Infinity')) })
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  labelForm.lastIndex = 0
  for (let at = 0; at < text.length; at = labelForm.lastIndex) {
    const [, name, value] = labelForm.exec(text) ?? []
    if (name === undefined || value === undefined || name in labels) throw new Error(`these are no labels: ${text}`)
    labels[name] = value
  }
  return labels
}
