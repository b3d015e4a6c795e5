import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, Fleet, pageQuery, pages, Self } from './common.ts'
import { route } from './route.ts'

/** An app that devices report, and on how many devices each version is. Source: docs/contract.md §13. */
export const InstalledApp = T.Object(
  {
    package: T.String({ description: 'package name', examples: ['com.example.till'] }),
    self: Self,
    devices: T.Integer({ description: 'devices that report the package' }),
    versions: T.Array(
      T.Object({
        version: T.String({ examples: ['12345'] }),
        devices: T.Integer({ description: 'devices that report this version' }),
      }),
      { description: 'the newest version first; at most 1,000, and 100 in a list' },
    ),
    moreVersions: T.Optional(T.Boolean({ description: 'true where some versions are left out' })),
  },
  { title: 'InstalledApp' },
)
export type InstalledApp = Static<typeof InstalledApp>

const tags = ['Devices']
const AppParams = T.Object({
  ...Fleet.properties,
  package: T.String({ description: 'percent-encoded package name', examples: ['com.example.till'] }),
})

export const listApps = route({
  method: 'GET',
  url: '/v1/:fleet/app',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'listApps',
    summary: 'List the apps that devices report, by package name',
    description: 'The counts are exact: they change together with the reports of the devices.',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(InstalledApp),
  },
})

export const getApp = route({
  method: 'GET',
  url: '/v1/:fleet/app/:package',
  config: { scope: 'fleet:read', reach: 'account' },
  schema: {
    operationId: 'getApp',
    summary: 'Read on how many devices each version of an app is',
    description: 'A package that no device reports is a 404.',
    tags,
    params: AppParams,
    response: answers(InstalledApp),
  },
})
