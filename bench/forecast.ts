// Measures the forecast on synthetic accounts and prints the table of docs/forecast.md.
import { backtest, scoredDays } from '../packages/server/test/backtest.ts'
import { seriesShapes } from '../packages/server/test/usage-series.ts'

const accounts = 200
const figures = ['error', 'naiveError', 'coverage'] as const

const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`

const tables = seriesShapes.map((shape) => ({ name: shape.name, scores: backtest(shape, accounts) }))
const mean = (index: number, figure: (typeof figures)[number]) =>
  tables.reduce((total, { scores }) => total + (scores[index]?.[figure] ?? 0), 0) / tables.length

console.log(row([`${accounts} accounts of each kind`, ...scoredDays.map((day) => `day ${day}`)]))
console.log(row(['---', ...scoredDays.map(() => '---')]))
for (const { name, scores } of tables)
  console.log(row([name, ...scores.map((score) => figures.map((figure) => percent(score[figure])).join(' · '))]))
console.log(
  row(['mean', ...scoredDays.map((_, index) => figures.map((figure) => percent(mean(index, figure))).join(' · '))]),
)
