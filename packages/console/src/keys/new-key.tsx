import { Text } from '@mantine/core'
import { grants, type Scope } from '@mason/contract/scopes'
import { CopyLine } from '../ui/copy.tsx'
import { ShownOnce } from '../ui/shown-once.tsx'

interface NewKeyProps {
  secret: string
  scopes: readonly Scope[]
  onClose: () => void
}

/** A key, the one time that it is shown, with a line that uses it. */
export function NewKey({ secret, scopes, onClose }: NewKeyProps) {
  const line = `curl -H "Authorization: basic ${secret}" "${location.origin}/v1/default/${firstRead(scopes)}"`
  return (
    <ShownOnce
      title="Your new key"
      warning="Copy it now and store it safely. It is shown only once: only a hash of it is kept."
      onClose={onClose}
    >
      <CopyLine text={secret} label="key" isWrapped />
      <div>
        <Text size="sm" fw={500} mb={4}>
          Try it
        </Text>
        <CopyLine text={line} label="command line" />
      </div>
    </ShownOnce>
  )
}

function firstRead(scopes: readonly Scope[]): string {
  if (grants(scopes, 'fleet:read')) return 'device?limit=5'
  return grants(scopes, 'connect:read') ? 'sim?limit=5' : 'group'
}
