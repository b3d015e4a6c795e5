import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

interface Rules {
  groups: { rules: { alert: string; annotations: { runbook: string } }[] }[]
}

const read = (file: string) => readFile(path.resolve(import.meta.dirname, '../../..', file), 'utf8')

test('docs/operate.md says what each alert means, in the order of the rules, where the rule says that it does', async () => {
  const { groups } = parse(await read('deploy/prometheus/alerts.yml')) as Rules
  const rules = groups.flatMap(({ rules }) => rules)
  const headings = [...(await read('docs/operate.md')).matchAll(/^### (Mason\w+)$/gm)].map(([, name]) => name)
  expect(headings).toEqual(rules.map(({ alert }) => alert))
  for (const { alert, annotations } of rules) expect(annotations.runbook).toBe(`docs/operate.md#${alert.toLowerCase()}`)
})
