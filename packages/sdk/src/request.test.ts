import { answers, Fleet } from '@mason/contract/common'
import { deleteDevice, listDevices } from '@mason/contract/device'
import { createGroup, getGroup, updateGroup } from '@mason/contract/group'
import { route } from '@mason/contract/route'
import T from 'typebox'
import { describe, expect, test } from 'vitest'
import { apiRequest } from './request.ts'

describe('a path', () => {
  test.each([
    ['a b', 'a%20b'],
    ['a/../b?c#d%e', 'a%2F..%2Fb%3Fc%23d%25e'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['...', '...'],
  ])('encodes %s', (name, encoded) => {
    expect(apiRequest(getGroup, { name }).path).toBe(`/v1/default/group/${encoded}`)
  })

  test.each(['', '.', '..', undefined])('cannot hold %s', (id) => {
    expect(() => apiRequest(deleteDevice, { id })).toThrow(TypeError)
  })

  test('names another fleet', () => {
    expect(apiRequest(listDevices, { fleet: 'global' }).path).toBe('/v1/global/device')
  })
})

test('a query leaves out what is undefined, and keeps false, zero and the empty text', () => {
  const { path } = apiRequest(listDevices, { online: false, limit: 0, name: '', group: undefined, n: '+ ü' })
  expect(path).toBe('/v1/default/device?online=false&limit=0&name=&n=%2B+%C3%BC')
})

test('a body holds what is no parameter', () => {
  expect(apiRequest(updateGroup, { fleet: 'default', name: 'kiosks', description: 'x' })).toEqual({
    method: 'POST',
    path: '/v1/default/group/kiosks',
    body: '{"description":"x"}',
  })
})

test('a whole body may repeat the name of a parameter', () => {
  const { path, body } = apiRequest(createGroup, { fleet: 'default', body: { name: 'n', fleet: 'f' } })
  expect({ path, body }).toEqual({ path: '/v1/default/group', body: '{"name":"n","fleet":"f"}' })
})

describe('a POST', () => {
  const config = { scope: 'fleet:read', reach: 'groups' } as const
  const definition = { method: 'POST', url: '/v1/:fleet/export', config } as const
  const schema = { operationId: 'o', summary: '', tags: [], params: Fleet, response: answers(T.Object({})) }

  test('with a query and a body parts them by the schema', () => {
    const both = route({
      ...definition,
      schema: { ...schema, querystring: T.Object({ dryRun: T.Boolean() }), body: T.Object({ kind: T.String() }) },
    })
    const expected = { method: 'POST', path: '/v1/default/export?dryRun=true', body: '{"kind":"sims"}' }
    expect(apiRequest(both, { dryRun: true, kind: 'sims' })).toEqual(expected)
  })

  test('without a body schema has no body', () => {
    expect(apiRequest(route({ ...definition, schema }), {})).toEqual({ method: 'POST', path: '/v1/default/export' })
  })
})
