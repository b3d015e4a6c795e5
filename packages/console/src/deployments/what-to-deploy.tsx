import { Select, TextInput } from '@mantine/core'
import { listArtifacts } from '@mason/contract/artifact'
import type { DeployableType } from '@mason/contract/deployment'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { read } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'
import { useCan } from '../session/session.ts'

export interface Deployable {
  type: DeployableType
  name: string
  version: string
}

interface WhatToDeployProps {
  value: Deployable | undefined
  onChange: (value: Deployable | undefined) => void
  error: string | undefined
  /** What it is at first. */
  usual?: DeployableType
}

const kinds: { value: DeployableType; label: string }[] = [
  { value: 'config', label: 'Project' },
  { value: 'apk', label: 'App' },
  { value: 'ota', label: 'OS update' },
]

/** Chooses something that is registered. An OS update may be named without being registered. */
export function WhatToDeploy({ value, onChange, error, usual = 'config' }: WhatToDeployProps) {
  const can = useCan()
  const [type, setType] = useState<DeployableType>(value?.type ?? usual)
  const [typed, setTyped] = useState('')
  const newest = useQuery({
    ...read(listArtifacts, { type, limit: 200, before: endOfIds }),
    enabled: type !== 'ota' && can('registry:read'),
  })
  const artifacts = newest.data?.data.toReversed() ?? []
  const keyOf = ({ name, version }: { name: string; version: string }) => `${name} ${version}`
  return (
    <>
      <Select
        label="Type"
        data={kinds}
        value={type}
        onChange={(next) => {
          setType((next ?? 'config') as DeployableType)
          onChange(undefined)
        }}
      />
      {type === 'ota' ? (
        <TextInput
          label="Mason OS release"
          value={typed}
          error={error}
          onChange={(event) => {
            const version = event.currentTarget.value.trim()
            setTyped(event.currentTarget.value)
            onChange(version ? { type, name: 'mason-os', version } : undefined)
          }}
        />
      ) : (
        <Select
          label={type === 'apk' ? 'App and version' : 'Project and version'}
          placeholder="Select a version"
          searchable
          limit={100}
          nothingFoundMessage="No match"
          data={artifacts.map((artifact) => ({
            value: keyOf(artifact),
            label: artifact.apk?.versionName
              ? `${artifact.name} ${artifact.apk.versionName} (${artifact.version})`
              : keyOf(artifact),
          }))}
          value={value ? keyOf(value) : null}
          error={error}
          onChange={(key) => {
            const artifact = artifacts.find((one) => keyOf(one) === key)
            onChange(artifact && { type, name: artifact.name, version: artifact.version })
          }}
        />
      )}
    </>
  )
}
