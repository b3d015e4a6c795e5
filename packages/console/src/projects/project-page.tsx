import { Button } from '@mantine/core'
import { listVersions } from '@mason/contract/artifact'
import { type Build, createBuild, getProject, listBuilds } from '@mason/contract/project'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft, FileCog, Hammer, Rocket, Upload } from 'lucide-react'
import { useState } from 'react'
import { read } from '../api/client.ts'
import { isGone } from '../api/faults.ts'
import { UploadDialog } from '../artifacts/upload-dialog.tsx'
import { DeployDialog } from '../deployments/deploy-dialog.tsx'
import { useCan } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import classes from './project-page.module.css'

const route = getRouteApi('/inside/projects/$name')
const tones: Record<Build['state'], Tone> = { SUBMITTED: 'accent', COMPLETED: 'good', FAILED: 'bad' }
const words: Record<Build['state'], string> = { SUBMITTED: 'building', COMPLETED: 'built', FAILED: 'failed' }

/** One project: its configurations, and what was built of them. */
export function ProjectPage() {
  const { name } = route.useParams()
  const project = useQuery(read(getProject, { name }))
  const configs = useQuery({ ...read(listVersions, { type: 'config', name, limit: 1000 }), enabled: project.isSuccess })
  const isNew = project.isSuccess && isGone(configs.error)
  const builds = useQuery(read(listBuilds, { name, limit: 1000 }))
  const buildOf = (version: string) => builds.data?.data.find((one) => one.version === version)
  return (
    <Page
      title={name}
      about="Project"
      back={
        <Link to="/projects">
          <ChevronLeft size={14} /> Projects
        </Link>
      }
    >
      <Panel title="Versions" note="A configuration can be built once everything that it names is registered." isFlush>
        {isNew ? (
          <NoConfiguration />
        ) : (
          <QueryView query={project.isError ? project : configs}>
            {() => (
              <List>
                {configs.data?.data.toReversed().map(({ version, createdAt }) => (
                  <Version
                    key={version}
                    project={name}
                    version={version}
                    createdAt={createdAt}
                    build={buildOf(version)}
                  />
                ))}
              </List>
            )}
          </QueryView>
        )}
      </Panel>
    </Page>
  )
}

/** What comes first in a new project. */
function NoConfiguration() {
  const can = useCan()
  const [isUploading, setIsUploading] = useState(false)
  return (
    <>
      <Empty
        icon={<FileCog size={22} />}
        title="No configuration yet"
        action={
          can('registry:admin', 'account') && (
            <Button size="xs" leftSection={<Upload size={14} />} onClick={() => setIsUploading(true)}>
              Upload configuration
            </Button>
          )
        }
      >
        A configuration is a YAML file that names the project, its version and its apps.
      </Empty>
      {isUploading && <UploadDialog initialType="config" onClose={() => setIsUploading(false)} />}
    </>
  )
}

interface VersionProps {
  project: string
  version: string
  createdAt: string
  build: Build | undefined
}

function Version({ project, version, createdAt, build }: VersionProps) {
  const can = useCan()
  const [isDeploying, setIsDeploying] = useState(false)
  const isBuilt = build?.state === 'COMPLETED'
  return (
    <ListRow
      icon={<FileCog size={16} />}
      title={`Version ${version}`}
      note={
        <>
          registered <RelativeTime time={createdAt} />
          {build?.manifest && `, ${counted(build.manifest.apps.length, 'app')}`}
          {build?.errors && (
            <span className={classes.errors}>
              {build.errors.map((error) => (
                <span key={error}>{error}</span>
              ))}
            </span>
          )}
        </>
      }
      end={
        <>
          {build && <Status tone={tones[build.state]}>{words[build.state]}</Status>}
          {!isBuilt && build?.state !== 'SUBMITTED' && can('registry:admin', 'account') && (
            <ActionButton
              size="xs"
              variant="default"
              leftSection={<Hammer size={14} />}
              work={(send) => send(createBuild, { name: project, version })}
              failure="Build not started"
              renews={['listBuilds']}
            >
              {build ? 'Build again' : 'Build'}
            </ActionButton>
          )}
          {isBuilt && can('fleet:deploy') && (
            <Button size="xs" variant="default" leftSection={<Rocket size={14} />} onClick={() => setIsDeploying(true)}>
              Deploy
            </Button>
          )}
          {isDeploying && (
            <DeployDialog what={{ type: 'config', name: project, version }} onClose={() => setIsDeploying(false)} />
          )}
        </>
      }
    />
  )
}
