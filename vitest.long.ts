const server = [
  'alert-crash',
  'audit-verify',
  'backup',
  'backup-refusal',
  'carrier-crash',
  'crash',
  'encryption-key',
  'job-crash',
  'schedule-crash',
  'shop',
  'shutdown',
  'side-by-side',
  'silent-connections',
  'stopped-postgres',
  'upgrade',
  'webhook-crash',
  'workers',
  'xray-crash',
]

const console = [
  'actions',
  'agreement',
  'agreement-operations',
  'agreement-xray',
  'dev',
  'dialogs',
  'fleet',
  'layout',
  'longest',
  'map',
  'menus',
  'odd-browsers',
  'pages',
  'restart',
  'seed',
  'webhooks',
  'xray',
]

/** Tests that take long: the program killed and started again and again, and the Controller looked at as a whole. */
export const long = [
  ...server.map((name) => `packages/server/test/${name}.test.ts`),
  ...console.map((name) => `packages/console/test/${name}.test.ts`),
]
