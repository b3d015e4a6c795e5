import { isAbsolute, join } from 'node:path'

/** The default path of the credential file. Source: XDG Base Directory Specification 0.8. */
export function defaultCredentialPath(where: { stateHome?: string; isRoot: boolean; home: string }): string {
  return join(stateDirectory(where), 'mason-agent', 'credential.json')
}

function stateDirectory({ stateHome, isRoot, home }: { stateHome?: string; isRoot: boolean; home: string }): string {
  if (stateHome && isAbsolute(stateHome)) return stateHome
  return isRoot ? '/var/lib' : join(home, '.local', 'state')
}
