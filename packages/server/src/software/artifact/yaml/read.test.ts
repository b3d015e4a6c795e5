import { expect, test } from 'vitest'
import { readYaml } from './read.ts'

const bomb = [
  'a: &a [x, x]',
  ...'bcdef'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcde'[index]}`)}]`),
]

test.each([
  ['two documents', 'os: 1\n---\nos: 2', 'it holds several documents: send one'],
  ['aliases without end', bomb.join('\n'), 'its aliases unfold to too much'],
  ['nothing', 'null', 'it is empty'],
  ['a comment alone', '# later', 'it is empty'],
])('%s is refused in words for a person', (_what, text, message) => {
  expect(() => readYaml(text)).toThrow(new Error(message))
})
