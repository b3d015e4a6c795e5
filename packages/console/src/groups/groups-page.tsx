import { Button, TextInput } from '@mantine/core'
import { getSummary } from '@mason/contract/device'
import { type Group, listGroups } from '@mason/contract/group'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Layers, Plus, Search } from 'lucide-react'
import { useMemo, useState } from 'react'
import { call, one, read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { count } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import { GroupDialog } from './group-dialog.tsx'
import classes from './groups.module.css'

/** All groups, with how many devices are in each. */
export function GroupsPage() {
  const can = useCan()
  const [isCreating, setIsCreating] = useState(false)
  const [words, setWords] = useState('')
  const { groups, error, isPending, refetch, onMore } = useGroups()
  const summary = useQuery(read(getSummary, {}))
  const columns = useMemo(() => {
    const sizes = new Map(summary.data ? one(summary.data).groups.map(({ name, devices }) => [name, devices]) : [])
    return columnsWith(sizes)
  }, [summary.data])
  const shown = groups.filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(words.trim().toLowerCase()),
  )
  return (
    <Page
      title="Groups"
      about="Devices of one family that get the same software."
      actions={
        <>
          <TextInput
            aria-label="Search the groups"
            placeholder="Name or purpose"
            leftSection={<Search size={16} />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          {can('fleet:admin') && (
            <Button leftSection={<Plus size={16} />} onClick={() => setIsCreating(true)}>
              New group
            </Button>
          )}
        </>
      }
    >
      <div className={classes.table}>
        {error ? (
          <Failure error={error} onRetry={refetch} />
        ) : (
          <VirtualTable
            label="Groups"
            columns={columns}
            rows={shown}
            rowKey={({ name }) => name}
            rowLabel={({ name }) => name}
            onMore={onMore}
            empty={
              isPending ? (
                <div style={{ padding: '0.75rem 1.125rem' }}>
                  <Loading lines={8} />
                </div>
              ) : (
                <Empty icon={<Layers size={22} />} title="No group matches" />
              )
            }
          />
        )}
      </div>
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

function useGroups() {
  const query = useInfiniteQuery({
    queryKey: ['listGroups', 'all'],
    queryFn: ({ pageParam, signal }) =>
      call(listGroups, { limit: 250, ...(pageParam !== undefined && { after: pageParam }) }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextPage }) => nextPage,
  })
  return {
    groups: useMemo(() => query.data?.pages.flatMap(({ data }) => data) ?? [], [query.data]),
    isPending: query.isPending,
    error: query.data === undefined ? query.error : undefined,
    refetch: () => void query.refetch(),
    onMore: query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined,
  }
}
