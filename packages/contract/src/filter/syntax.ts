/** The most comparisons of one filter, and how deep parentheses go. */
export const maxComparisons = 20
const maxDepth = 50

/** A filter that cannot be read: where, counted from 1, and what was expected there. */
export class FilterFault extends Error {
  readonly position: number
  readonly expected: string

  constructor(position: number, expected: string) {
    super(`position ${position}: expected ${expected}`)
    this.position = position
    this.expected = expected
  }
}

/** A part of a filter as it is written, without quotes, and where it begins, counted from 1. */
export interface Word {
  readonly text: string
  readonly position: number
}

export const operators = ['==', '!=', '<', '<=', '>', '>=', '=in=', '=out='] as const
export type Operator = (typeof operators)[number]

/** A comparison as it is written. */
export interface WrittenComparison {
  readonly field: Word
  readonly operator: Operator
  readonly operatorPosition: number
  readonly values: readonly Word[]
}

/** Several conditions of which all are to hold, or any. */
export interface Join<C> {
  readonly join: 'and' | 'or'
  readonly parts: readonly Tree<C>[]
}
export type Tree<C> = C | Join<C>

/** The names that FIQL has for operators. */
const aliases: Readonly<Record<string, Operator>> = { '=lt=': '<', '=le=': '<=', '=gt=': '>', '=ge=': '>=' }

const forms = {
  space: /\s*/y,
  operator: /==|!=|<=|>=|<|>|=(?:in|out|lt|le|gt|ge)=/iy,
  // What RSQL reserves ends a text that is not quoted.
  word: /[^\s"'();,=!~<>]+/y,
  quoted: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy,
} as const

/**
 * Parses a filter to its comparisons and how they are joined. Source: RSQL (https://github.com/jirutka/rsql-parser#grammar-and-semantic);
 * a list of values stands behind `=in=` and `=out=` alone.
 *
 * @throws FilterFault where it is not RSQL.
 */
export function parseFilter(text: string): Tree<WrittenComparison> {
  const parser = new Parser(text)
  const tree = parser.any()
  parser.end()
  return tree
}

class Parser {
  readonly #text: string
  #place = 0
  #comparisons = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  any(): Tree<WrittenComparison> {
    return this.#joined('or', /,|or(?![^\s"'();,=!~<>])/iy, () => this.#all())
  }

  end(): void {
    this.#take(forms.space)
    if (this.#place < this.#text.length) this.#fail('“and”, “or” or the end; a text with spaces is quoted')
  }

  #all(): Tree<WrittenComparison> {
    return this.#joined('and', /;|and(?![^\s"'();,=!~<>])/iy, () => this.#one())
  }

  #joined(join: 'and' | 'or', sign: RegExp, part: () => Tree<WrittenComparison>): Tree<WrittenComparison> {
    const parts = [part()]
    while (this.#takeSign(sign)) parts.push(part())
    const [first] = parts
    return parts.length === 1 && first ? first : { join, parts }
  }

  #one(): Tree<WrittenComparison> {
    if (!this.#takeSign(/\(/y)) return this.#comparison()
    if (++this.#depth > maxDepth) this.#fail(`at most ${maxDepth} parentheses within each other`)
    const inner = this.any()
    if (!this.#takeSign(/\)/y)) this.#fail('“and”, “or” or “)”')
    this.#depth--
    return inner
  }

  #comparison(): WrittenComparison {
    const field = this.#word(forms.word)
    if (!field) return this.#fail('a field or “(”')
    if (++this.#comparisons > maxComparisons)
      throw new FilterFault(field.position, `the end: a filter has at most ${maxComparisons} comparisons`)
    const sign = this.#word(forms.operator)
    if (!sign) return this.#fail(`one of ${operators.join(' ')}`)
    const name = sign.text.toLowerCase()
    const operator = aliases[name] ?? operators.find((known) => known === name) ?? '=='
    return { field, operator, operatorPosition: sign.position, values: this.#values(operator) }
  }

  #values(operator: Operator): Word[] {
    const takesList = operator === '=in=' || operator === '=out='
    if (!takesList || !this.#takeSign(/\(/y)) return [this.#value(takesList ? 'a value or “(”' : 'a value')]
    const values = [this.#value('a value')]
    while (this.#takeSign(/,/y)) values.push(this.#value('a value'))
    if (!this.#takeSign(/\)/y)) this.#fail('“,” or “)”')
    return values
  }

  #value(expected: string): Word {
    const quoted = this.#word(forms.quoted)
    if (quoted) return { ...quoted, text: quoted.text.slice(1, -1).replace(/\\(.)/gs, '$1') }
    const word = this.#word(forms.word)
    if (word) return word
    if (/["']/.test(this.#text.charAt(this.#place))) {
      this.#place = this.#text.length
      this.#fail('the quotation mark that ends the text')
    }
    return this.#fail(expected)
  }

  #word(form: RegExp): Word | undefined {
    this.#take(forms.space)
    const position = this.#place + 1
    const text = this.#take(form)
    return text === undefined ? undefined : { text, position }
  }

  #takeSign(sign: RegExp): boolean {
    return this.#word(sign) !== undefined
  }

  #take(form: RegExp): string | undefined {
    form.lastIndex = this.#place
    const [text] = form.exec(this.#text) ?? []
    if (text !== undefined) this.#place += text.length
    return text
  }

  #fail(expected: string): never {
    throw new FilterFault(this.#place + 1, expected)
  }
}
