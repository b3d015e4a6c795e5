import { countDevices } from '@mason/contract/count'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { one, read } from '../api/client.ts'
import { type TableFilters, toDeviceFilter } from './filters.ts'

/** How many devices match; an estimate says so. Nothing while it is counted. */
export function useTotal(filters: TableFilters) {
  const { data } = useQuery({
    ...read(countDevices, toDeviceFilter(filters)),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
  return data && one(data)
}
