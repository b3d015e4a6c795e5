import type { Static } from 'typebox'
import * as T from 'typebox'
import { ArtifactVersion, MediaType, ParsedConfig } from './artifact.ts'
import { answers, closed, Fleet, pageQuery, pages, Self, Time, text } from './common.ts'
import { route } from './route.ts'

export const projectNamePattern = '^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$'

/** The name of a new project. */
export const ProjectName = T.String({
  pattern: projectNamePattern,
  fault:
    'must have 1 to 100 letters, digits, dots, hyphens or underscores, and begin with a letter, digit or underscore',
  examples: ['warehouse'],
})

export const Project = T.Object({ name: T.String(), self: Self, createdAt: Time }, { title: 'Project' })
export type Project = Static<typeof Project>

export const NewProject = closed({ name: ProjectName }, { title: 'NewProject' })
export type NewProject = Static<typeof NewProject>

const content = {
  name: T.String(),
  version: T.String(),
  sha256: T.String(),
  size: T.Integer({ minimum: 0 }),
}

/** What a device of the project installs; fixed when the build completes, whatever is registered later. */
export const Manifest = T.Object(
  {
    project: T.String(),
    version: T.String(),
    masonVersion: T.Optional(T.String()),
    config: ParsedConfig,
    apps: T.Array(T.Object(content)),
    media: T.Array(T.Object({ ...content, type: MediaType })),
  },
  { title: 'Manifest' },
)
export type Manifest = Static<typeof Manifest>

export const buildStates = ['SUBMITTED', 'COMPLETED', 'FAILED'] as const

/** The build of a version of a project; it fails unless everything that its config names is registered. */
export const Build = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    project: T.String(),
    version: T.String(),
    state: T.Enum([...buildStates]),
    errors: T.Optional(T.Array(T.String(), { description: 'everything that is missing' })),
    manifest: T.Optional(Manifest),
    createdAt: Time,
    finishedAt: T.Optional(Time),
  },
  { title: 'Build' },
)
export type Build = Static<typeof Build>

export const NewBuild = closed(
  {
    version: ArtifactVersion,
    masonVersion: T.Optional(text(100, { description: 'the release of Mason OS that it is built for' })),
  },
  { title: 'NewBuild' },
)
export type NewBuild = Static<typeof NewBuild>

const Named = T.Object({
  ...Fleet.properties,
  name: T.String({ description: 'name of the project', examples: ['warehouse'] }),
})
const Version = T.Object({ ...Named.properties, version: T.String({ examples: ['3'] }) })
const tags = ['Projects']

export const listProjects = route({
  method: 'GET',
  url: '/v1/:fleet/project',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'listProjects',
    summary: 'List projects, by name',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(Project),
  },
})

export const getProject = route({
  method: 'GET',
  url: '/v1/:fleet/project/:name',
  config: { scope: 'registry:read', reach: 'open' },
  schema: { operationId: 'getProject', summary: 'Read a project', tags, params: Named, response: answers(Project) },
})

export const createProject = route({
  method: 'POST',
  url: '/v1/:fleet/project',
  config: { scope: 'registry:admin', reach: 'account' },
  schema: {
    operationId: 'createProject',
    summary: 'Create a project',
    description: 'A project is a series of configs: a config is registered under the name of its project.',
    tags,
    params: Fleet,
    body: NewProject,
    response: answers(Project),
  },
})

export const listBuilds = route({
  method: 'GET',
  url: '/v1/:fleet/project/:name/build',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'listBuilds',
    summary: 'List the builds of a project, in the order of their first request',
    tags,
    params: Named,
    querystring: pageQuery({}),
    response: pages(Build),
  },
})

export const getBuild = route({
  method: 'GET',
  url: '/v1/:fleet/project/:name/build/:version',
  config: { scope: 'registry:read', reach: 'open' },
  schema: { operationId: 'getBuild', summary: 'Read a build', tags, params: Version, response: answers(Build) },
})

export const createBuild = route({
  method: 'POST',
  url: '/v1/:fleet/project/:name/build',
  config: { scope: 'registry:admin', reach: 'account' },
  schema: {
    operationId: 'createBuild',
    summary: 'Build a version of a project',
    description:
      'Answers the existing build, if there is one; a failed build is tried again. A build fails, and lists everything that is missing, if the config names something that is not registered.',
    tags,
    params: Named,
    body: NewBuild,
    response: answers(Build),
  },
})

export const buildVersion = route({
  method: 'POST',
  url: '/v1/:fleet/project/:name/build/:version',
  config: { scope: 'registry:admin', reach: 'account' },
  schema: {
    operationId: 'buildVersion',
    summary: 'Build the version of a project that the path names',
    tags,
    params: Version,
    response: answers(Build),
  },
})
