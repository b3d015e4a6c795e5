import { Select, TextInput } from '@mantine/core'
import { listVersions } from '@mason/contract/artifact'
import type { AgentApk } from '@mason/contract/enrollment'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { read } from '../api/client.ts'
import type { Faults } from '../api/faults.ts'
import { endOfIds } from '../api/list-ends.ts'
import { useCan } from '../session/session.ts'
import type { ForeignAgent } from './agents.ts'

type Source = 'registry' | 'url' | 'none'

interface AgentApkFieldsProps {
  agent: ForeignAgent
  onChange: (apk: AgentApk | undefined) => void
  faults: Faults
}

/** From where a new device downloads its agent; without that there is no QR code. */
export function AgentApkFields({ agent, onChange, faults }: AgentApkFieldsProps) {
  const can = useCan()
  const [source, setSource] = useState<Source>('registry')
  const [version, setVersion] = useState<string | null>(null)
  const [url, setUrl] = useState('')
  const [checksum, setChecksum] = useState('')
  const versions = useQuery({
    ...read(listVersions, { type: 'apk', name: agent.package, limit: 100, before: endOfIds }),
    enabled: can('registry:read'),
    retry: false,
  })
  const known = versions.data?.data.toReversed() ?? []
  const change = (next: { source?: Source; version?: string | null; url?: string; checksum?: string }) => {
    const all = { source, version, url, checksum, ...next }
    setSource(all.source)
    setVersion(all.version)
    setUrl(all.url)
    setChecksum(all.checksum)
    if (all.source === 'registry') onChange(all.version === null ? undefined : { version: all.version })
    else if (all.source === 'url') onChange({ url: all.url.trim(), checksum: all.checksum.trim() })
    else onChange(undefined)
  }
  return (
    <>
      <Select
        label="Where the device downloads the agent"
        data={[
          { value: 'registry', label: 'From the registry of this platform' },
          { value: 'url', label: 'From a URL' },
          { value: 'none', label: 'Nowhere: it is set up by cable or by hand' },
        ]}
        value={source}
        onChange={(value) => change({ source: (value ?? 'none') as Source })}
      />
      {source === 'registry' && (
        <Select
          label="Version of the agent"
          description={
            known.length === 0 ? `Upload the vendor’s APK (${agent.package}) on the page Artifacts first.` : undefined
          }
          placeholder="Select a version"
          data={known.map((one) => ({
            value: one.version,
            label: one.apk?.versionName ? `${one.apk.versionName} (${one.version})` : one.version,
          }))}
          value={version}
          error={faults.at('apk')}
          onChange={(value) => change({ version: value })}
        />
      )}
      {source === 'url' && (
        <>
          <TextInput
            label="URL of the APK"
            placeholder="https://"
            value={url}
            error={faults.at('apk/url', 'apk')}
            onChange={(event) => change({ url: event.currentTarget.value })}
          />
          <TextInput
            label={agent.checksumOf}
            description="43 characters, in url-safe Base64"
            value={checksum}
            error={faults.at('apk/checksum')}
            onChange={(event) => change({ checksum: event.currentTarget.value })}
          />
        </>
      )}
    </>
  )
}
