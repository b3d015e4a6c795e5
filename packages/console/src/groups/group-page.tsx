import { Button, Menu } from '@mantine/core'
import { listDeployments } from '@mason/contract/deployment'
import { getSummary, listDevices } from '@mason/contract/device'
import { deleteGroup, type Group, getGroup } from '@mason/contract/group'
import type { NotificationType } from '@mason/contract/notification'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, Rocket, TabletSmartphone, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { one, read } from '../api/client.ts'
import { isGone } from '../api/faults.ts'
import { endOfIds } from '../api/list-ends.ts'
import type { Send } from '../api/submission.ts'
import { CommandDialog } from '../commands/command-dialog.tsx'
import { CommandMenu } from '../commands/command-menu.tsx'
import { announceSent } from '../commands/sent.tsx'
import { DeployDialog } from '../deployments/deploy-dialog.tsx'
import { DeploymentRow } from '../deployments/deployment-row.tsx'
import { useCan } from '../session/session.ts'
import { Confirm } from '../ui/confirm.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { MoreActions } from '../ui/more-actions.tsx'
import { count } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty, Failure } from '../ui/states.tsx'
import { OnlineStatus } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { GroupDialog } from './group-dialog.tsx'
import classes from './groups.module.css'

const route = getRouteApi('/inside/groups/$name')
const shownDevices = 20

/** One group: its devices and what can be done with all of them. */
export function GroupPage() {
  const { name } = route.useParams()
  const can = useCan()
  const group = useQuery(read(getGroup, { name }))
  const summary = useQuery(read(getSummary, {}))
  const devices = useQuery(read(listDevices, { group: name, limit: shownDevices }))
  const size = summary.data && (one(summary.data).groups.find((part) => part.name === name)?.devices ?? 0)
  const known = isGone(group.error) ? undefined : group.data && one(group.data)
  return (
    <Page
      title={name}
      about={known?.description}
      back={
        <Link to="/groups">
          <ChevronLeft size={14} /> Groups
        </Link>
      }
      actions={known && <GroupActions group={known} size={size ?? 0} />}
    >
      {group.isError && !known ? (
        <Panel>
          <Failure error={group.error} onRetry={() => void group.refetch()} />
        </Panel>
      ) : (
        <div className={classes.stack}>
          <Panel>
            <div className={classes.figures}>
              <div>
                <span className={classes.figure}>{size === undefined ? '–' : count(size)}</span>
                <span className={classes.label}>devices</span>
              </div>
              <div>
                <span className={classes.figure}>{devices.data?.data[0]?.family ?? '–'}</span>
                <span className={classes.label}>family</span>
              </div>
              <div>
                <span className={classes.figure}>{known ? <RelativeTime time={known.createdAt} /> : '–'}</span>
                <span className={classes.label}>created</span>
              </div>
            </div>
          </Panel>
          {can('fleet:deploy') && <GroupDeployments name={name} />}
          <Panel
            title="Devices"
            actions={
              <Link to="/devices" search={{ group: name }}>
                View all
              </Link>
            }
            isFlush
          >
            <QueryView query={devices}>
              {({ data }) =>
                data.length === 0 ? (
                  <Empty icon={<TabletSmartphone size={22} />} title="No devices in this group">
                    Move devices here from the device table, or create an enrollment token for this group.
                  </Empty>
                ) : (
                  <List>
                    {data.map((device) => (
                      <ListRow
                        key={device.id}
                        title={
                          <Link to="/devices/$id" params={{ id: device.id }}>
                            {device.name}
                          </Link>
                        }
                        note={
                          <>
                            {device.serialnumber}, last check-in <RelativeTime time={device.lastcheckin} />
                          </>
                        }
                        end={<OnlineStatus isOnline={device.online} />}
                      />
                    ))}
                  </List>
                )
              }
            </QueryView>
          </Panel>
        </div>
      )}
    </Page>
  )
}

/** What was deployed to the group, the newest first. */
function GroupDeployments({ name }: { name: string }) {
  const deployments = useQuery(read(listDeployments, { group: name, limit: 10, before: endOfIds }))
  return (
    <Panel title="Deployed" isFlush>
      <QueryView query={deployments}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty icon={<Rocket size={22} />} title="Nothing deployed yet" />
          ) : (
            <List>
              {data.toReversed().map((deployment) => (
                <DeploymentRow key={deployment.id} deployment={deployment} hidesGroup />
              ))}
            </List>
          )
        }
      </QueryView>
    </Panel>
  )
}

function GroupActions({ group, size }: { group: Group; size: number }) {
  const can = useCan()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<'edit' | 'delete' | 'deploy' | { command: NotificationType }>()
  const close = () => setOpen(undefined)
  const remove = async (send: Send) => {
    await send(deleteGroup, { name: group.name })
    for (const key of ['listGroups', 'getSummary']) void queryClient.invalidateQueries({ queryKey: [key] })
    await navigate({ to: '/groups' })
  }
  return (
    <>
      {size > 0 && <CommandMenu isPrimary onChoose={(command) => setOpen({ command })} />}
      {can('fleet:deploy') && (
        <Button variant="default" leftSection={<Rocket size={15} />} onClick={() => setOpen('deploy')}>
          Deploy
        </Button>
      )}
      {can('fleet:admin') && (
        <>
          <Button variant="default" onClick={() => setOpen('edit')}>
            Edit
          </Button>
          {group.name !== 'unassigned' && (
            <MoreActions width={180}>
              <Menu.Item
                leftSection={<Trash2 size={15} />}
                c="var(--bad)"
                disabled={size > 0}
                onClick={() => setOpen('delete')}
              >
                {size > 0 ? 'Move its devices first' : 'Delete group'}
              </Menu.Item>
            </MoreActions>
          )}
        </>
      )}
      {open === 'deploy' && <DeployDialog group={group.name} onClose={close} />}
      {open === 'edit' && <GroupDialog group={group} onClose={close} />}
      {open === 'delete' && (
        <Confirm title={`Delete ${group.name}?`} action="Delete group" onConfirm={remove} onClose={close}>
          The group has no devices. Its enrollment tokens will enroll devices into “unassigned”.
        </Confirm>
      )}
      {typeof open === 'object' && (
        <CommandDialog
          type={open.command}
          target={{ group: group.name }}
          targetName={`the group ${group.name}`}
          onClose={close}
          onSent={(sent) => {
            close()
            announceSent(open.command, sent, navigate)
          }}
        />
      )}
    </>
  )
}
