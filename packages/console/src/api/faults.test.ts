import { ApiError } from '@mason/sdk/api-error'
import { ConnectionError } from '@mason/sdk/connection-error'
import { expect, test } from 'vitest'
import { faultsOf, isGone, messageOf } from './faults.ts'

const refusal = (status: number, errors: { path: string; message: string }[] = [], message = 'Refused') =>
  new ApiError(status, { type: 'invalid_request', message, errors, requestId: 'r1' })

const wrongName = { path: '/name', message: 'must be text' }
const wrongStep = { path: '/rollout/steps/0', message: 'must be at most 100' }
const noScopes = { path: '/scopes', message: 'choose at least one scope' }

test('a fault is told at its field, as a sentence, and not again', () => {
  const faults = faultsOf(refusal(400, [wrongName, wrongStep, noScopes]))
  expect(faults.at('name')).toBe('This must be text')
  expect(faults.at('rollout')).toBe('This must be at most 100')
  expect(faults.others()).toEqual(['scopes: choose at least one scope'])
})

test('a field is asked by its whole name: one that only begins alike has no fault', () => {
  const faults = faultsOf(refusal(400, [{ path: '/nameserver', message: 'is unknown' }]))
  expect(faults.at('name')).toBeUndefined()
  expect(faults.others()).toEqual(['nameserver is unknown'])
})

test('several faults of one field are told together, whichever of its paths they are at', () => {
  const faults = faultsOf(refusal(400, [wrongName, noScopes]))
  expect(faults.at('name', 'scopes')).toBe('This must be text. Choose at least one scope')
  expect(faults.others()).toEqual([])
})

test('a fault of the whole request is told without a name', () => {
  expect(faultsOf(refusal(400, [{ path: '', message: 'has unknown members' }])).others()).toEqual([
    'The request has unknown members',
  ])
})

test('an error without faults tells its message, and none tells nothing', () => {
  expect(faultsOf(refusal(409, [], 'There is a group of that name')).others()).toEqual([
    'There is a group of that name',
  ])
  for (const nothing of [undefined, null]) {
    expect(faultsOf(nothing).others()).toEqual([])
    expect(faultsOf(nothing).at('name')).toBeUndefined()
  }
})

test.each([
  [new ConnectionError('fetch failed'), /^The server cannot be reached/],
  [refusal(401), /^Your session has ended/],
  [refusal(500, [], 'Out of order'), /^Out of order$/],
  [new Error(''), /^Something went wrong/],
  ['thrown', /^Something went wrong/],
])('what %s says to a person', (error, words) => {
  expect(messageOf(error)).toMatch(words)
})

test('only a 404 says that something has gone', () => {
  expect([isGone(refusal(404)), isGone(refusal(403)), isGone(new Error('404'))]).toEqual([true, false, false])
})
