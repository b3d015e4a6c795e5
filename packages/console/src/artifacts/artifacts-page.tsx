import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks'
import { type ArtifactType, listArtifacts } from '@mason/contract/artifact'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Package, Search, Upload } from 'lucide-react'
import { useState } from 'react'
import { endOfIds, useNewestFirst } from '../api/newest-first.ts'
import { useCan } from '../session/session.ts'
import { Endless } from '../ui/endless.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { artifactKind, artifactKinds } from './artifact-kinds.ts'
import { UploadDialog } from './upload-dialog.tsx'

const route = getRouteApi('/inside/artifacts')

/** Everything that can be deployed or built, newest first. */
export function ArtifactsPage() {
  const { type, n } = route.useSearch()
  const can = useCan()
  const navigate = useNavigate()
  const [words, setWords] = useState(n ?? '')
  const [isUploading, uploading] = useDisclosure(false)
  const filterBy = (change: { type?: string | undefined; n?: string | undefined }) =>
    void navigate({ to: '/artifacts', search: { ...(type && { type }), ...(n && { n }), ...change }, replace: true })
  const search = useDebouncedCallback((text: string) => filterBy({ n: text || undefined }), 250)
  const list = useNewestFirst(listArtifacts, { ...(type && { type: type as ArtifactType }), ...(n && { n }) }, endOfIds)
  return (
    <Page
      title="Artifacts"
      about="Apps, configurations, boot media and OS updates. A version never changes once it is registered."
      actions={
        <>
          <TextInput
            aria-label="Search by name"
            placeholder="How the name begins"
            leftSection={<Search size={16} />}
            value={words}
            onChange={(event) => {
              setWords(event.currentTarget.value)
              search(event.currentTarget.value.trim())
            }}
          />
          <Select
            aria-label="Kind"
            placeholder="Any kind"
            clearable
            w={160}
            data={artifactKinds.map((kind) => ({ value: kind.type, label: kind.label }))}
            value={type ?? null}
            onChange={(value) => filterBy({ type: value ?? undefined })}
          />
          {can('registry:admin') && (
            <Button leftSection={<Upload size={16} />} onClick={uploading.open}>
              Upload
            </Button>
          )}
        </>
      }
    >
      <Panel isFlush>
        <Endless
          list={list}
          empty={
            <Empty icon={<Package size={22} />} title={type || n ? 'Nothing matches' : 'Nothing registered yet'}>
              Upload an app here, or register one with the mason command line.
            </Empty>
          }
        >
          {(artifacts) => (
            <List>
              {artifacts.map(({ self, type: kind, name, version, apk, size, createdAt }) => {
                const { icon: Icon, label } = artifactKind(kind)
                return (
                  <ListRow
                    key={self}
                    icon={<Icon size={16} />}
                    title={
                      <>
                        <Link to="/artifacts/$type/$name" params={{ type: kind, name }}>
                          {name}
                        </Link>{' '}
                        {apk?.versionName ? `${apk.versionName} (${version})` : version}
                      </>
                    }
                    note={
                      <>
                        {label}, {bytes(size)}, <RelativeTime time={createdAt} />
                      </>
                    }
                  />
                )
              })}
            </List>
          )}
        </Endless>
      </Panel>
      {isUploading && <UploadDialog onClose={uploading.close} />}
    </Page>
  )
}
