import type { Static } from 'typebox'
import * as T from 'typebox'
import {
  ActorName,
  answers,
  closed,
  Fleet,
  FleetAndId,
  filterExpression,
  pageQuery,
  pages,
  Self,
  Time,
  text,
} from './common.ts'
import { deviceSorts, simSorts } from './filter/fields.ts'
import { route } from './route.ts'
import type { Scope } from './scopes.ts'

export const viewKinds = ['device', 'sim'] as const
export type ViewKind = (typeof viewKinds)[number]

/** The scopes that a view needs: to be read, and to be made, changed or deleted. */
export const viewScopes = {
  device: { read: 'fleet:read', change: 'fleet:manager' },
  sim: { read: 'connect:read', change: 'connect:admin' },
} as const satisfies Record<ViewKind, { read: Scope; change: Scope }>

/** What a view of a kind may be sorted by. */
export const viewSorts: Readonly<Record<ViewKind, readonly string[]>> = { device: deviceSorts, sim: simSorts }

const kind = T.Enum(viewKinds, { description: 'what it shows' })
const members = {
  name: text(100, { description: 'name for users', examples: ['Tills in Lyon'] }),
  filter: filterExpression('family==D450 and battery.level<20'),
  columns: T.Optional(
    T.Array(text(100), { maxItems: 50, description: 'columns to show, in their order', examples: [['name', 'group']] }),
  ),
  sort: T.Optional(text(100, { description: 'the order, as in the list', examples: ['-lastcheckin'] })),
}
const shared = T.Boolean({ description: 'everybody of the account sees it; else only who made it', examples: [true] })

/** A saved filter; as a target it stands for whatever matches it at that moment. Source: docs/contract.md §13. */
export const View = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    kind,
    ...members,
    shared,
    createdBy: T.Optional(ActorName),
    createdAt: Time,
  },
  { title: 'View' },
)
export type View = Static<typeof View>

export const NewView = closed(
  { kind, ...members, shared: T.Optional(T.Boolean({ ...shared, default: false })) },
  { title: 'NewView' },
)
export type NewView = Static<typeof NewView>

export const ViewChange = closed(
  {
    name: T.Optional(members.name),
    filter: T.Optional(members.filter),
    columns: T.Optional(T.Union([T.Array(text(100), { maxItems: 50 }), T.Null()])),
    sort: T.Optional(T.Union([text(100), T.Null()])),
    shared: T.Optional(shared),
  },
  { title: 'ViewChange', minProperties: 1 },
)
export type ViewChange = Static<typeof ViewChange>

const ViewQuery = pageQuery({ kind: T.Optional(kind) })
export type ViewQuery = Static<typeof ViewQuery>

const scope = ['fleet:read', 'connect:read'] as const
const changing = ['fleet:manager', 'connect:admin'] as const
const tags = ['Views']
const needed = 'A view of devices needs fleet:manager, one of SIMs connect:admin.'

export const listViews = route({
  method: 'GET',
  url: '/v1/:fleet/view',
  config: { scope, reach: 'account' },
  schema: {
    operationId: 'listViews',
    summary: "List the caller's own views and the shared ones, oldest first",
    tags,
    params: Fleet,
    querystring: ViewQuery,
    response: pages(View),
  },
})

export const createView = route({
  method: 'POST',
  url: '/v1/:fleet/view',
  config: {
    scope: changing,
    reach: 'account',
    memberScopes: { kind: { device: viewScopes.device.change, sim: viewScopes.sim.change } },
  },
  schema: {
    operationId: 'createView',
    summary: 'Save a filter as a view',
    description: `As \`{"view": "<id>"}\` it serves as a target. ${needed}`,
    tags,
    params: Fleet,
    body: NewView,
    response: answers(View),
  },
})

export const getView = route({
  method: 'GET',
  url: '/v1/:fleet/view/:id',
  config: { scope, reach: 'account' },
  schema: { operationId: 'getView', summary: 'Read a view', tags, params: FleetAndId, response: answers(View) },
})

export const updateView = route({
  method: 'POST',
  url: '/v1/:fleet/view/:id',
  config: { scope: changing, reach: 'account' },
  schema: {
    operationId: 'updateView',
    summary: 'Change a view',
    description: `\`null\` removes a member. ${needed}`,
    tags,
    params: FleetAndId,
    body: ViewChange,
    response: answers(View),
  },
})

export const deleteView = route({
  method: 'DELETE',
  url: '/v1/:fleet/view/:id',
  config: { scope: changing, reach: 'account' },
  schema: {
    operationId: 'deleteView',
    summary: 'Delete a view',
    description: needed,
    tags,
    params: FleetAndId,
    response: answers(View),
  },
})
