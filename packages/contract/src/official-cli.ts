import type { Static } from 'typebox'
import * as T from 'typebox'
import { Artifact, ArtifactName, ArtifactType, ArtifactVersion, MediaType } from './artifact.ts'
import { bare, text } from './common.ts'
import { DeployableType, Deployment } from './deployment.ts'
import { route } from './route.ts'

const customer = T.String({ description: 'name of the account', examples: ['default'] })
const Customer = T.Object({ customer })
const TypeAndName = T.Object({ customer, type: T.String(), name: T.String() })
const tags = ['Official CLI']

/** The CLI sends numbers either as text or as numbers. */
const numeral = T.Union([T.String({ maxLength: 100 }), T.Integer()])

export const listCliProjects = route({
  method: 'GET',
  url: '/api/dashboard/projects/:customer',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'listCliProjects',
    summary: 'List the names of all projects',
    tags,
    params: Customer,
    response: bare(T.Array(T.Object({ name: T.String() }))),
  },
})

export const getSignedUrl = route({
  method: 'GET',
  url: '/api/registry/signedurl/:customer/:name/:version',
  config: { scope: 'registry:admin', reach: 'account' },
  schema: {
    operationId: 'getSignedUrl',
    summary: 'Get a signed URL to upload an artifact to',
    description: 'The header Content-MD5 (base64, RFC 1864) binds the upload to these bytes.',
    tags,
    params: T.Object({ customer, name: ArtifactName, version: ArtifactVersion }),
    querystring: T.Object({
      type: ArtifactType,
      noContentType: T.Optional(T.String({ description: 'ignored: no upload needs a Content-Type' })),
    }),
    response: bare(
      T.Object({
        signed_request: T.String({ description: 'PUT the bytes here, without credentials' }),
        url: T.String({ description: 'identifies the bytes when they are registered' }),
      }),
    ),
  },
})

/** What the CLI registers; other members are ignored. */
export const CliArtifact = T.Object(
  {
    name: ArtifactName,
    version: numeral,
    url: text(2000),
    type: ArtifactType,
    checksum: T.Object({ sha1: T.String({ pattern: '^[0-9a-fA-F]{40}$', fault: 'must have 40 hexadecimal digits' }) }),
    apk: T.Optional(
      T.Object({
        packageName: T.Optional(T.String()),
        versionCode: T.Optional(numeral),
        versionName: T.Optional(T.Union([T.String(), T.Null()])),
      }),
    ),
    media: T.Optional(T.Object({ type: MediaType })),
  },
  { title: 'CliArtifact' },
)
export type CliArtifact = Static<typeof CliArtifact>

export const registerCliArtifact = route({
  method: 'POST',
  url: '/api/registry/artifacts/:customer',
  config: { scope: 'registry:admin', reach: 'account' },
  schema: {
    operationId: 'registerCliArtifact',
    summary: 'Register uploaded bytes',
    tags,
    params: Customer,
    body: CliArtifact,
    response: bare(Artifact),
  },
})

export const listCliArtifacts = route({
  method: 'GET',
  url: '/api/registry/artifacts/:customer/:type/:name',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'listCliArtifacts',
    summary: 'List the versions of an artifact; none for an unknown name',
    tags,
    params: TypeAndName,
    response: bare(T.Array(Artifact)),
  },
})

export const getCliArtifact = route({
  method: 'GET',
  url: '/api/registry/artifacts/:customer/:type/:name/:version',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'getCliArtifact',
    summary: 'Read a version of an artifact',
    tags,
    params: T.Object({ ...TypeAndName.properties, version: T.String() }),
    response: bare(Artifact),
  },
})

/** What the CLI deploys; other members are ignored. */
export const CliDeployment = T.Object(
  {
    customer: T.Optional(text(200)),
    group: text(300),
    name: text(200),
    version: numeral,
    type: DeployableType,
    push: T.Optional(T.Boolean()),
  },
  { title: 'CliDeployment' },
)

export const deployByCli = route({
  method: 'POST',
  url: '/api/deploy',
  config: { scope: 'fleet:deploy', reach: 'groups' },
  schema: {
    operationId: 'deployByCli',
    summary: 'Deploy to a group',
    tags,
    body: CliDeployment,
    response: bare(Deployment),
  },
})

const Job = T.Object({
  data: T.Object({
    submittedAt: T.Integer({ description: 'identifies the job; milliseconds since 1970' }),
    status: T.String({ examples: ['COMPLETED'] }),
  }),
})

export const startCliBuild = route({
  method: 'POST',
  url: '/api/tracker/builder/:customer/jobs',
  config: { scope: 'registry:admin', reach: 'account' },
  schema: {
    operationId: 'startCliBuild',
    summary: 'Build a version of a project',
    tags,
    params: Customer,
    body: T.Object(
      { project: T.String({ maxLength: 200 }), version: numeral, masonVersion: T.Optional(text(100)) },
      { title: 'CliBuild' },
    ),
    response: bare(Job),
  },
})

export const getCliBuild = route({
  method: 'GET',
  url: '/api/tracker/builder/:customer/jobs/:submittedAt',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'getCliBuild',
    summary: 'Read the progress of a build; a failed build is an error with the reason',
    tags,
    params: T.Object({ customer, submittedAt: T.String() }),
    response: bare(Job),
  },
})

export const getCliEndpoints = route({
  method: 'GET',
  url: '/mason-cli/endpoints.yml',
  config: { scope: 'public' },
  schema: {
    operationId: 'getCliEndpoints',
    summary: 'Get the settings file that makes the CLI use this server',
    description: 'Its addresses begin with `PUBLIC_URL`, or with the host of the request.',
    tags,
    response: { 200: T.String({ description: 'YAML' }) },
  },
})

export const getLatestCliVersion = route({
  method: 'GET',
  url: '/mason-cli/latest-version',
  config: { scope: 'public' },
  schema: {
    operationId: 'getLatestCliVersion',
    summary: 'Read the newest release of the CLI, which asks once a day',
    tags,
    response: { 200: T.String({ description: 'plain text', examples: ['1.10'] }) },
  },
})
