import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { createProject, listProjects } from '@mason/contract/project'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { FolderCog, Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { call, read } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { useCan } from '../session/session.ts'
import { List, ListRow } from '../ui/list.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'

const route = getRouteApi('/inside/projects')

/** Projects: what a device is to be, version by version. The `mason` command leads here to create one that it misses. */
export function ProjectsPage() {
  const can = useCan()
  const { create: wanted } = route.useSearch()
  const [isCreating, creating] = useDisclosure(wanted !== undefined && can('registry:admin'))
  const projects = useQuery(read(listProjects, { limit: 1000 }))
  return (
    <Page
      title="Projects"
      about="A project is what a device is to be: its apps, settings and boot media, version by version."
      actions={
        can('registry:admin') && (
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
                Make one, register a configuration for it, build it, and deploy it to a group.
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
                        made <RelativeTime time={createdAt} />
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

function NewProjectDialog({ wanted, onClose }: { wanted: string; onClose: () => void }) {
  const [name, setName] = useState(wanted)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const create = useMutation({
    mutationFn: () => call(createProject, { body: { name: name.trim() } }),
    onSuccess: async () => {
      void queryClient.invalidateQueries({ queryKey: ['listProjects'] })
      await navigate({ to: '/projects/$name', params: { name: name.trim() } })
    },
  })
  const faults = fieldFaults(create.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>New project</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="Name"
            description="Letters, digits, dots, - and _. It cannot be changed later."
            placeholder="warehouse"
            data-autofocus
            maxLength={100}
            value={name}
            error={faults.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {create.isError && !faults.name && <Alert color="red">{messageOf(create.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" disabled={name.trim() === ''} loading={create.isPending}>
              Create project
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
