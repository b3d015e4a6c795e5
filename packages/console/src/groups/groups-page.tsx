import { Button } from '@mantine/core'
import { getSummary } from '@mason/contract/device'
import { type Group, listGroups } from '@mason/contract/group'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Layers, Plus } from 'lucide-react'
import { useMemo, useState } from 'react'
import { one, read } from '../api/client.ts'
import { useList } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { FilterBar, TextFilter } from '../ui/filter-bar.tsx'
import { count } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import type { Column } from '../ui/virtual-table.tsx'
import { GroupDialog } from './group-dialog.tsx'
import classes from './groups.module.css'

/** All groups, with how many devices are in each. */
export function GroupsPage() {
  const can = useCan()
  const [isCreating, setIsCreating] = useState(false)
  const [words, setWords] = useState('')
  const list = useList(listGroups, {}, { limit: 250 })
  const summary = useQuery(read(getSummary, {}))
  const columns = useMemo(() => {
    const sizes = new Map(summary.data ? one(summary.data).groups.map(({ name, devices }) => [name, devices]) : [])
    return columnsWith(sizes)
  }, [summary.data])
  const shown = list.items.filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(words.trim().toLowerCase()),
  )
  return (
    <Page
      title="Groups"
      about="Devices of one family that get the same software."
      isFull
      actions={
        can('fleet:admin', 'account') && (
          <Button leftSection={<Plus size={16} />} onClick={() => setIsCreating(true)}>
            New group
          </Button>
        )
      }
    >
      <FilterBar>
        <TextFilter label="Search groups" placeholder="Name or purpose" value={words} onChange={setWords} />
      </FilterBar>
      <PagedTable
        label="Groups"
        columns={columns}
        list={list}
        rows={shown}
        rowKey={({ name }) => name}
        rowLabel={({ name }) => name}
        empty={<Empty icon={<Layers size={22} />} title="No matching groups" />}
      />
      {isCreating && <GroupDialog onClose={() => setIsCreating(false)} />}
    </Page>
  )
}

const columnsWith = (sizes: ReadonlyMap<string, number>): Column<Group>[] => [
  {
    id: 'name',
    label: 'Name',
    width: 10,
    grows: true,
    cell: ({ name }) => (
      <Link to="/groups/$name" params={{ name }} className={classes.name}>
        {name}
      </Link>
    ),
  },
  { id: 'description', label: 'Purpose', width: 16, grows: true, isWide: true, cell: ({ description }) => description },
  {
    id: 'devices',
    label: 'Devices',
    width: 5,
    isNumber: true,
    cell: ({ name }) => (
      <Link to="/devices" search={{ group: name }}>
        {count(sizes.get(name) ?? 0)}
      </Link>
    ),
  },
  {
    id: 'createdAt',
    label: 'Created',
    width: 8,
    isWide: true,
    cell: ({ createdAt }) => <RelativeTime time={createdAt} />,
  },
]
