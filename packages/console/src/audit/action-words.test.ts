import { routes } from '@mason/contract/routes'
import { expect, test } from 'vitest'
import { actionOf, inWords } from './action-words.ts'

test('every action is found by its words as by its name', () => {
  for (const { schema } of routes) {
    expect(actionOf(inWords(schema.operationId))).toBe(schema.operationId)
    expect(actionOf(schema.operationId)).toBe(schema.operationId)
  }
  expect(inWords('createXrayTicket')).toBe('Create X-Ray ticket')
  expect(actionOf('create x-ray ticket ')).toBe('createXrayTicket')
})
