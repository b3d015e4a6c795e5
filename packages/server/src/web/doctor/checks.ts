import type { Check } from './check.ts'
import { certificates } from './checks/certificates.ts'
import { clock } from './checks/clock.ts'
import { connections } from './checks/connections.ts'
import { disk } from './checks/disk.ts'
import { encryptionKey } from './checks/encryption-key.ts'
import { files } from './checks/files.ts'
import { mail } from './checks/mail.ts'
import { nats } from './checks/nats.ts'
import { nodes } from './checks/nodes.ts'
import { openFiles } from './checks/open-files.ts'
import { proxy } from './checks/proxy.ts'
import { publicCertificates } from './checks/public-certificates.ts'
import { publicAddress } from './checks/public-url.ts'
import { replication } from './checks/replication.ts'
import { schema } from './checks/schema.ts'
import { settings } from './checks/settings.ts'
import { signIn } from './checks/sign-in.ts'
import { webSocket } from './checks/web-socket.ts'

/** What a node looks at by itself, again and again: none of it leaves the machine but to its PostgreSQL. */
export const cheapChecks: readonly Check[] = [settings, certificates, openFiles, disk, connections, replication, clock]

/** What the doctor looks at, in this order. */
export const allChecks: readonly Check[] = [
  ...cheapChecks,
  schema,
  encryptionKey,
  files,
  nats,
  mail,
  signIn,
  publicAddress,
  publicCertificates,
  proxy,
  webSocket,
  nodes,
]
