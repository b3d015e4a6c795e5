import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, Bytes, closed, Fleet, pageQuery, pages, Self, Time, text } from './common.ts'
import { route } from './route.ts'

export const artifactTypes = ['apk', 'config', 'media', 'ota'] as const
/** What can be registered: things that can be deployed, and media that a config refers to. */
export const ArtifactType = T.Enum([...artifactTypes])
export type ArtifactType = Static<typeof ArtifactType>

/** What media are for: the first two a config refers to; the third the Controller starts on a device to show its screen. */
export const MediaType = T.Enum(['bootanimation', 'splash', 'scrcpy-server'])
export type MediaType = Static<typeof MediaType>

/** The one name of media of the type `scrcpy-server`; its version is scrcpy's own, such as `3.3.3`. */
export const scrcpyServerName = 'scrcpy-server'

/** The largest numeric version: Android's version codes are signed 32-bit integers. */
export const maxVersion = 2_147_483_647

export const artifactNamePattern = '^[A-Za-z0-9_][A-Za-z0-9._ -]{0,199}$'

/** The name of an artifact: the package of an app, the project of a config. */
export const ArtifactName = T.String({
  pattern: artifactNamePattern,
  fault:
    'must have 1 to 200 letters, digits, spaces, dots, hyphens or underscores, and begin with a letter, digit or underscore',
  description: 'the package of an app, the project of a config, the name of media; `mason-os` for an OTA',
  examples: ['com.example.till'],
})

/** Excludes what a path or a URL would interpret: `/`, `\\`, `%`, `?`, `#` and a leading dot. */
export const artifactVersionPattern = '^[!"$&-\\-0->@-\\[\\]-~][!"$&-.0->@-\\[\\]-~]{0,99}$'

export const ArtifactVersion = T.String({
  pattern: artifactVersionPattern,
  fault: 'must have 1 to 100 visible ASCII characters, none of them / \\ % ? #, and no dot in front',
  description:
    'a whole number from 1 (media: 0) to 2147483647; for an OTA any text without spaces, / \\\\ % ? # and a leading dot; for a scrcpy server that of scrcpy, such as 3.3.3',
  examples: ['12'],
})

const sha1 = T.String({
  pattern: '^[0-9a-fA-F]{40}$',
  fault: 'must have 40 hexadecimal digits',
  examples: ['da39a3ee5e6b4b0d3255bfef95601890afd80709'],
})
const sha256 = T.String({
  pattern: '^[0-9a-f]{64}$',
  fault: 'must have 64 hexadecimal digits in lower case',
  examples: ['e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
})

/** A config parsed from YAML; times of day are `HH:MM`. */
export const ParsedConfig = T.Record(T.String(), T.Unknown(), { description: 'the parsed YAML', title: 'ParsedConfig' })

/** A registered version of an artifact; it never changes. */
export const Artifact = T.Object(
  {
    type: ArtifactType,
    name: T.String(),
    version: T.String(),
    self: Self,
    size: Bytes,
    checksum: T.Object({ sha1: T.String(), sha256: T.String(), md5: T.String() }),
    createdAt: Time,
    contentUrl: T.String({ description: 'path of its content' }),
    apk: T.Optional(
      T.Object(
        {
          packageName: T.String(),
          versionCode: T.Integer(),
          versionName: T.Optional(T.String()),
          minSdkVersion: T.Integer(),
          signatureSchemes: T.Array(T.String({ examples: ['v2'] })),
          certificates: T.Array(T.String({ description: 'SHA-256 of a signing certificate, in hexadecimal' })),
        },
        { description: 'read from the app itself' },
      ),
    ),
    media: T.Optional(T.Object({ type: MediaType })),
    config: T.Optional(ParsedConfig),
  },
  { title: 'Artifact' },
)
export type Artifact = Static<typeof Artifact>

/** A signed URL for bytes that will be registered. */
export const Upload = T.Object(
  {
    uploadUrl: T.String({ description: 'PUT the bytes here, without credentials' }),
    url: T.String({ description: 'identifies the bytes when they are registered' }),
    expiresAt: Time,
  },
  { title: 'Upload' },
)
export type Upload = Static<typeof Upload>

export const NewUpload = closed(
  {
    type: ArtifactType,
    md5: T.Optional(
      T.String({
        pattern: '^[0-9a-fA-F]{32}$',
        fault: 'must have 32 hexadecimal digits',
        description: 'MD5 of the bytes, in hexadecimal; other bytes are refused',
        examples: ['d41d8cd98f00b204e9800998ecf8427e'],
      }),
    ),
  },
  { title: 'NewUpload' },
)
export type NewUpload = Static<typeof NewUpload>

export const NewArtifact = closed(
  {
    url: text(2000, { description: '`url` of the upload' }),
    type: ArtifactType,
    name: T.Optional(ArtifactName),
    version: T.Optional(ArtifactVersion),
    mediaType: T.Optional(MediaType),
    sha1: T.Optional(sha1),
    sha256: T.Optional(sha256),
  },
  { title: 'NewArtifact' },
)
export type NewArtifact = Static<typeof NewArtifact>

const TypeAndName = T.Object({
  ...Fleet.properties,
  type: T.String({ description: 'apk, config, media or ota', examples: ['apk'] }),
  name: T.String({ description: 'percent-encoded name', examples: ['com.example.till'] }),
})
const OneVersion = T.Object({
  ...TypeAndName.properties,
  version: T.String({ description: 'percent-encoded version', examples: ['12'] }),
})
const tags = ['Registry']

export const listArtifacts = route({
  method: 'GET',
  url: '/v1/:fleet/artifact',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'listArtifacts',
    summary: 'List artifacts, in the order of registration',
    tags,
    params: Fleet,
    querystring: pageQuery({
      type: T.Optional(ArtifactType),
      n: T.Optional(T.String({ maxLength: 200, description: 'start of the name' })),
    }),
    response: pages(Artifact),
  },
})

export const listVersions = route({
  method: 'GET',
  url: '/v1/:fleet/artifact/:type/:name',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'listVersions',
    summary: 'List the versions of an artifact, in the order of registration',
    tags,
    params: TypeAndName,
    querystring: pageQuery({}),
    response: pages(Artifact),
  },
})

export const getArtifact = route({
  method: 'GET',
  url: '/v1/:fleet/artifact/:type/:name/:version',
  config: { scope: 'registry:read', reach: 'open' },
  schema: {
    operationId: 'getArtifact',
    summary: 'Read a version of an artifact',
    tags,
    params: OneVersion,
    response: answers(Artifact),
  },
})

export const getArtifactContent = route({
  method: 'GET',
  url: '/v1/:fleet/artifact/:type/:name/:version/content',
  config: { scope: 'registry:read', reach: 'open', orDevice: true, audit: true },
  schema: {
    operationId: 'getArtifactContent',
    summary: 'Download the content of an artifact, or a range of it',
    description: 'A device downloads what is deployed to its group with its own credential.',
    tags,
    params: OneVersion,
    response: { 200: T.String({ description: 'the bytes' }) },
  },
})

export const createUpload = route({
  method: 'POST',
  url: '/v1/:fleet/artifact/upload',
  config: { scope: 'registry:admin', reach: 'account', audit: false },
  schema: {
    operationId: 'createUpload',
    summary: 'Get a signed URL to upload an artifact to',
    description:
      'PUT the bytes to `uploadUrl`, then register them by `url`. Uploads that are not registered within a day are deleted.',
    tags,
    params: Fleet,
    body: NewUpload,
    response: answers(Upload),
  },
})

export const createArtifact = route({
  method: 'POST',
  url: '/v1/:fleet/artifact',
  config: { scope: 'registry:admin', reach: 'account' },
  schema: {
    operationId: 'createArtifact',
    summary: 'Register uploaded bytes as a version of an artifact',
    description:
      'Name and version of an app or a config are read from the bytes; if they are given, they must match. Media need both, an OTA update needs a version. A registered name and version can never be registered again (409).',
    tags,
    params: Fleet,
    body: NewArtifact,
    response: answers(Artifact),
  },
})
