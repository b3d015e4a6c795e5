import type { Fields } from '@mason/contract/filter/fields'
import { type Filter, readFilter as read } from '@mason/contract/filter/filter'
import { FilterFault } from '@mason/contract/filter/syntax'
import { invalid } from '../errors.ts'

/** Reads a filter. @throws AppError that names the place where it is wrong, and what was expected there. */
export function readFilter(text: string, fields: Fields): Filter {
  try {
    return read(text, fields)
  } catch (error) {
    if (!(error instanceof FilterFault)) throw error
    throw invalid('/filter', `is wrong at position ${error.position}: expected ${error.expected}`)
  }
}
