import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { listProjects } from '@mason/contract/project'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { FolderCog, Plus } from 'lucide-react'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { List, ListRow } from '../ui/list.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { NewProjectDialog } from './new-project-dialog.tsx'

const route = getRouteApi('/inside/projects')

/** Projects: what a device is to be, version by version. The `mason` command leads here to create one that it misses. */
export function ProjectsPage() {
  const can = useCan()
  const { create: wanted } = route.useSearch()
  const [isCreating, creating] = useDisclosure(wanted !== undefined && can('registry:admin', 'account'))
  const projects = useQuery(read(listProjects, { limit: 1000 }))
  return (
    <Page
      title="Projects"
      about="A project defines the apps, settings and boot media of devices, version by version."
      actions={
        can('registry:admin', 'account') && (
          <Button leftSection={<Plus size={16} />} onClick={creating.open}>
            New project
          </Button>
        )
      }
    >
      <Panel isFlush>
        <QueryView query={projects}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty icon={<FolderCog size={22} />} title="No projects yet">
                Create one, upload its configuration, build it, then deploy it to a group.
              </Empty>
            ) : (
              <List>
                {data.map(({ name, createdAt }) => (
                  <ListRow
                    key={name}
                    icon={<FolderCog size={16} />}
                    title={
                      <Link to="/projects/$name" params={{ name }}>
                        {name}
                      </Link>
                    }
                    note={
                      <>
                        {' '}
                        created <RelativeTime time={createdAt} />
                      </>
                    }
                  />
                ))}
              </List>
            )
          }
        </QueryView>
      </Panel>
      {isCreating && <NewProjectDialog wanted={wanted ?? ''} onClose={creating.close} />}
    </Page>
  )
}
