/** The first part of every path that the server answers; everything else belongs to the Controller. */
const prefixes = [
  'v1',
  'auth',
  'oauth',
  'userinfo',
  'upload',
  'agent',
  'api',
  'mqtt',
  'carrier',
  'controller',
  'mason-cli',
  '\\.well-known',
  'docs',
  'openapi\\.json',
  'healthz',
  'readyz',
  'metrics',
]

/** Matches the paths that the development server hands on to the server. */
export const serverPaths = new RegExp(`^/(${prefixes.join('|')})(?=[/?]|$)`)
