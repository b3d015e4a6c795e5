import { answers, Fleet } from '@mason/contract/common'
import { type Device, type deleteDevice, getDevice, listDevices, type updateDevice } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { createGroup, type Group } from '@mason/contract/group'
import { healthz, type metrics } from '@mason/contract/platform'
import { type Route, route } from '@mason/contract/route'
import T from 'typebox'
import { expectTypeOf, test } from 'vitest'
import { type Client, createClient } from './client.ts'
import type { Answer, Input, Item } from './input.ts'

// Never called: the compiler is the test.
const calls = ({ call, pages }: Client) => [
  call(healthz),
  call(listDevices),
  call(createEnrollment),
  call(createEnrollment, { note: 'spring' }),
  call(createGroup, { fleet: 'default', name: 'kiosks' }),
  call(createGroup, { name: 'kiosks', description: 'x' }, { signal: AbortSignal.abort() }),
  call(createGroup, { body: { name: 'kiosks' } }),
  pages(listDevices, { online: true }),
  // @ts-expect-error: a required body member is missing
  call(createGroup, { fleet: 'default' }),
  // @ts-expect-error: a required input is missing
  call(getDevice),
  // @ts-expect-error: an unknown member
  call(createGroup, { name: 'kiosks', color: 'red' }),
  // @ts-expect-error: a filter of the wrong type
  call(listDevices, { online: 'yes' }),
  // @ts-expect-error: either flat or whole
  call(createGroup, { name: 'kiosks', body: { name: 'kiosks' } }),
  // @ts-expect-error: not in pages
  pages(getDevice, { id: 'd1' }),
  // @ts-expect-error: pages are walked forwards
  pages(listDevices, { before: 'k1' }),
]

test('input is flat, with the fleet optional', () => {
  expectTypeOf<{ id: string }>().toExtend<Input<typeof deleteDevice>>()
  expectTypeOf<{ id: string; name: string }>().toExtend<Input<typeof updateDevice>>()
  expectTypeOf<Input<typeof listDevices>['limit']>().toEqualTypeOf<number | undefined>()
  expectTypeOf<Input<typeof listDevices>['fleet']>().toEqualTypeOf<string | undefined>()
  expectTypeOf(calls).toBeFunction()
})

test('a body with the name of a parameter must be given whole', () => {
  const renameGroup = route({
    method: 'POST',
    url: '/v1/:fleet/group/:name/name',
    config: { scope: 'fleet:admin', reach: 'account' },
    schema: {
      operationId: 'renameGroup',
      summary: '',
      tags: [],
      params: T.Object({ ...Fleet.properties, name: T.String() }),
      body: T.Object({ name: T.String() }),
      response: answers(T.Object({})),
    },
  })
  expectTypeOf<{ name: string; body: { name: string } }>().toExtend<Input<typeof renameGroup>>()
  expectTypeOf<{ name: string }>().not.toExtend<Input<typeof renameGroup>>()
})

test('a body may be one of several shapes', () => {
  const setPlan = route({
    method: 'PUT',
    url: '/v1/:fleet/plan',
    config: { scope: 'connect:admin', reach: 'account' },
    schema: {
      operationId: 'setPlan',
      summary: '',
      tags: [],
      params: Fleet,
      body: T.Union([T.Object({ pool: T.Number() }), T.Object({ target: T.Number() })]),
      response: answers(T.Object({})),
    },
  })
  expectTypeOf<{ pool: number }>().toExtend<Input<typeof setPlan>>()
  expectTypeOf<{ fleet: string; target: number }>().toExtend<Input<typeof setPlan>>()
  expectTypeOf<{ fleet: string }>().not.toExtend<Input<typeof setPlan>>()
})

test('answers are those of status 200', () => {
  expectTypeOf<Answer<typeof createGroup>>().toEqualTypeOf<{ data: Group[] }>()
  expectTypeOf<Answer<typeof metrics>>().toEqualTypeOf<string>()
  expectTypeOf<Item<typeof listDevices>>().toEqualTypeOf<Device>()
  expectTypeOf<Answer<Route>>().toEqualTypeOf<unknown>()
})

test('a client takes a key or a whole header, not both', () => {
  // @ts-expect-error: two credentials
  createClient({ baseUrl: '', key: 'k', authorization: 'Bearer t' })
})
