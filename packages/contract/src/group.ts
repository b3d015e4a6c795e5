import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, closed, Fleet, pageQuery, pages, Self, Time } from './common.ts'
import { route } from './route.ts'

/** The group that always exists and holds devices of every family. */
export const unassigned = 'unassigned'

const description = T.String({
  maxLength: 300,
  description: 'what the group is for',
  examples: ['Tills of the northern shops'],
})

export const Group = T.Object(
  {
    name: T.String({ examples: ['TestGroup'] }),
    description,
    createdAt: Time,
    self: Self,
  },
  { title: 'Group' },
)
export type Group = Static<typeof Group>

/** The name of a new group; older groups may have names with spaces. */
export const NewGroupName = T.String({
  pattern: '^[A-Za-z0-9_-]{1,100}$',
  fault: 'must have 1 to 100 letters, digits, hyphens or underscores',
  examples: ['TestGroup'],
})

export const NewGroup = closed({ name: NewGroupName, description: T.Optional(description) }, { title: 'NewGroup' })
export type NewGroup = Static<typeof NewGroup>

export const GroupChange = closed({ description }, { title: 'GroupChange' })
export type GroupChange = Static<typeof GroupChange>

const GroupParams = T.Object({
  ...Fleet.properties,
  name: T.String({ description: 'percent-encoded name', examples: ['TestGroup'] }),
})
const tags = ['Groups']

export const listGroups = route({
  method: 'GET',
  url: '/v1/:fleet/group',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: {
    operationId: 'listGroups',
    summary: 'List groups, by name',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(Group),
  },
})

export const getGroup = route({
  method: 'GET',
  url: '/v1/:fleet/group/:name',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: { operationId: 'getGroup', summary: 'Read a group', tags, params: GroupParams, response: answers(Group) },
})

export const createGroup = route({
  method: 'POST',
  url: '/v1/:fleet/group',
  config: { scope: 'fleet:admin', reach: 'account' },
  schema: {
    operationId: 'createGroup',
    summary: 'Create a group',
    tags,
    params: Fleet,
    body: NewGroup,
    response: answers(Group),
  },
})

export const updateGroup = route({
  method: 'POST',
  url: '/v1/:fleet/group/:name',
  config: { scope: 'fleet:admin', reach: 'groups' },
  schema: {
    operationId: 'updateGroup',
    summary: 'Change the description of a group',
    tags,
    params: GroupParams,
    body: GroupChange,
    response: answers(Group),
  },
})

export const deleteGroup = route({
  method: 'DELETE',
  url: '/v1/:fleet/group/:name',
  config: { scope: 'fleet:admin', reach: 'groups' },
  schema: {
    operationId: 'deleteGroup',
    summary: 'Delete an empty group',
    description: 'Answers the group as it was. A group with devices, and `unassigned`, are a 409.',
    tags,
    params: GroupParams,
    response: answers(Group),
  },
})
