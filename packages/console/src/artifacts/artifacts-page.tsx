import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ArtifactType, listArtifacts } from '@mason/contract/artifact'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { Package, Upload } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { ChoiceFilter, FilterBar, TextFilter, withFilter } from '../ui/filter-bar.tsx'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { artifactKind, artifactKinds } from './artifact-kinds.ts'
import { UploadDialog } from './upload-dialog.tsx'

const route = getRouteApi('/inside/artifacts')

/** Everything that can be deployed or built, newest first. */
export function ArtifactsPage() {
  const can = useCan()
  const navigate = useNavigate()
  const [isUploading, uploading] = useDisclosure(false)
  const filters = route.useSearch()
  const { type, n } = filters
  const filterBy = (name: keyof typeof filters) => (value: string) =>
    void navigate({ to: '/artifacts', search: withFilter(filters, name, value), replace: true })
  const list = useNewestFirst(listArtifacts, { ...(type && { type: type as ArtifactType }), ...(n && { n }) }, endOfIds)
  return (
    <Page
      title="Artifacts"
      about="Apps, configurations, boot media and OS updates. A registered version never changes."
      actions={
        can('registry:admin', 'account') && (
          <Button leftSection={<Upload size={16} />} onClick={uploading.open}>
            Upload
          </Button>
        )
      }
    >
      <FilterBar>
        <TextFilter label="Search by name" placeholder="Name starts with…" value={n} onChange={filterBy('n')} />
        <ChoiceFilter
          label="Type"
          any="Any type"
          choices={artifactKinds.map((kind) => ({ value: kind.type, label: kind.label }))}
          value={type}
          onChange={filterBy('type')}
        />
      </FilterBar>
      <ListPanel
        list={list}
        empty={
          <Empty icon={<Package size={22} />} title={type || n ? 'No matching artifacts' : 'No artifacts yet'}>
            Upload an app here, or register one with the mason command line.
          </Empty>
        }
      >
        {({ self, type: kind, name, version, apk, size, createdAt }) => {
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
        }}
      </ListPanel>
      {isUploading && <UploadDialog onClose={uploading.close} />}
    </Page>
  )
}
