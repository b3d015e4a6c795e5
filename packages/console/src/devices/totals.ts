import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { deviceCount } from '../api/counts.ts'
import { type TableFilters, toDeviceFilter } from './filters.ts'

/** How many devices match; an estimate says so. Nothing while it is counted. */
export function useTotal(filters: TableFilters) {
  return useQuery({ ...deviceCount(toDeviceFilter(filters)), placeholderData: keepPreviousData }).data
}
