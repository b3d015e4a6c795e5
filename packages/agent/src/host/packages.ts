import { Apps } from '@mason/contract/device'
import type { Static, TSchema } from 'typebox'
import type { Host } from './host.ts'

type App = Static<typeof Apps>[number]

const { name, version } = Apps.items.properties
const mostApps = limitOf(Apps, 'maxItems')
const longestName = limitOf(name, 'maxLength')
const longestVersion = limitOf(version, 'maxLength')

const packageManagers: { program: string; args: string[]; parse: (line: string) => App | undefined }[] = [
  {
    program: 'dpkg-query',
    args: ['-W', '-f', `\${db:Status-Status}\\t\${Package}\\t\${Version}\\n`],
    // A removed package stays listed while its configuration is kept.
    parse: (line) => (line.startsWith('installed\t') ? appOf(line.split('\t').slice(1)) : undefined),
  },
  {
    program: 'rpm',
    args: ['-qa', '--queryformat', '%{NAME}\\t%{VERSION}-%{RELEASE}\\n'],
    parse: (line) => appOf(line.split('\t')),
  },
  {
    program: 'apk',
    args: ['info', '-v'],
    parse: (line) => appOf(/^(\S+)-([^-]+-r\d+)$/.exec(line)?.slice(1) ?? []),
  },
]

/**
 * Lists the packages of the first package manager that has any, sorted by name and limited in number and length as the
 * contract requires.
 */
export async function readPackages(host: Host): Promise<App[] | undefined> {
  for (const { program, args, parse } of packageManagers) {
    const output = await host.exec(program, args)
    const found = (output ?? '').split('\n').map(parse)
    // A package that is installed for two architectures has two lines.
    const unique = new Map(found.filter((app) => app !== undefined).map((app) => [`${app.name}\t${app.version}`, app]))
    const apps = [...unique].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, app]) => app)
    if (apps.length > 0) return apps.slice(0, mostApps)
  }
  return undefined
}

function limitOf(schema: TSchema, keyword: 'maxItems' | 'maxLength'): number {
  const limit: unknown = Reflect.get(schema, keyword)
  return typeof limit === 'number' ? limit : Number.POSITIVE_INFINITY
}

function appOf([packageName, packageVersion]: readonly string[]): App | undefined {
  if (!packageName || packageVersion === undefined) return undefined
  return { name: packageName.slice(0, longestName), version: packageVersion.slice(0, longestVersion) }
}
