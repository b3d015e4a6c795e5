import { Radio, Stack } from '@mantine/core'
import { grants, idleScopes, type Scope } from '@mason/contract/scopes'
import { type Preset, presets } from '@mason/contract/user'
import { ScopeTree } from '../keys/scope-tree.tsx'
import { useSession } from '../session/session.ts'

export type ScopeChoiceValue = { preset: Preset } | { scopes: Scope[] }

const labels: Record<Preset, { label: string; description: string }> = {
  'read-only': {
    label: 'Read only',
    description:
      'Can see devices, SIMs, data usage, artifacts, API keys, users and webhooks, but no locations, enrollment tokens or roll-outs. Cannot change anything.',
  },
  admin: { label: 'Admin', description: 'Everything except what only owners may do.' },
  owner: { label: 'Owner', description: 'Everything.' },
}

const offered = (preset: Preset): Scope[] => presets[preset].filter((scope) => !idleScopes.includes(scope))

/** What a user may do: one of the usual sets, or any other. */
export function ScopeChoice({
  value,
  error,
  onChange,
}: {
  value: ScopeChoiceValue
  error: string | undefined
  onChange: (value: ScopeChoiceValue) => void
}) {
  const { user } = useSession()
  const isGivable = (preset: Preset) => presets[preset].every((scope) => grants(user.scopes, scope))
  const kind = 'preset' in value ? value.preset : 'custom'
  return (
    <Stack gap="sm">
      <Radio.Group
        label="Access"
        value={kind}
        error={'preset' in value && error}
        onChange={(next) =>
          onChange(
            next === 'custom'
              ? { scopes: 'preset' in value ? offered(value.preset) : value.scopes }
              : { preset: next as Preset },
          )
        }
      >
        <Stack gap={8} mt={8}>
          {(Object.keys(presets) as Preset[]).map((preset) => (
            <Radio key={preset} value={preset} {...labels[preset]} disabled={!isGivable(preset)} />
          ))}
          <Radio value="custom" label="Custom" />
        </Stack>
      </Radio.Group>
      {'scopes' in value && (
        <ScopeTree value={value.scopes} held={user.scopes} error={error} onChange={(scopes) => onChange({ scopes })} />
      )}
    </Stack>
  )
}
