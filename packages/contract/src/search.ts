import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, Fleet, Self, text } from './common.ts'
import { route } from './route.ts'
import type { Scope } from './scopes.ts'

/** What is searched, in the order in which equally good finds are shown, and the scope that sees it. */
export const foundScopes = {
  device: 'fleet:read',
  sim: 'connect:read',
  group: 'fleet:read',
  artifact: 'registry:read',
  project: 'registry:read',
  user: 'user:read',
} as const satisfies Record<string, Scope>
export type FoundKind = keyof typeof foundScopes

/** The most that a search finds. */
export const maxFound = 20

/** Something that a search has found. */
export const Found = T.Object(
  {
    kind: T.Enum(Object.keys(foundScopes) as FoundKind[]),
    id: T.String({ description: 'its key: the id, the ICCID, the name; of an artifact `<type>/<name>`' }),
    self: T.Optional(Self),
    name: T.String({ description: 'what people call it' }),
    detail: T.Optional(T.String({ description: 'what tells it apart, such as its serial number' })),
  },
  { title: 'Found' },
)
export type Found = Static<typeof Found>

export const search = route({
  method: 'GET',
  url: '/v1/:fleet/search',
  config: { scope: 'any', reach: 'groups' },
  schema: {
    operationId: 'search',
    summary: 'Find anything by a fragment of its name or numbers',
    description:
      'The best 20 of devices, SIMs, groups, artifacts, projects and users, of the kinds that the scopes of the caller may read: first what is equal, then what begins with it, then what contains it. Fewer than three characters are a beginning. Letter case does not matter.',
    tags: ['Search'],
    params: Fleet,
    querystring: T.Object({ q: text(200, { description: 'a fragment', examples: ['4277'] }) }),
    response: answers(Found),
  },
})
