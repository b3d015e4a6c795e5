import { Autocomplete } from '@mantine/core'
import { type Fields, fieldNames } from '@mason/contract/filter/fields'
import { readFilter } from '@mason/contract/filter/filter'
import { FilterFault } from '@mason/contract/filter/syntax'
import { ListFilter } from 'lucide-react'
import classes from './filter-bar.module.css'
import { useTypedFilter } from './typed-filter.ts'

interface FilterFieldProps {
  fields: Fields
  placeholder: string
  value: string | undefined
  onChange: (text: string) => void
}

/** A filter in the filter language: it completes the names of fields, and says where it is wrong. */
export function FilterField({ fields, placeholder, value = '', onChange }: FilterFieldProps) {
  const { typed, setTyped, ask } = useTypedFilter(value, onChange, 300)
  const fault = faultOf(typed, fields)
  const change = (text: string) => {
    setTyped(text)
    if (faultOf(text, fields) === undefined) ask(text.trim())
  }
  return (
    <Autocomplete
      className={classes.search}
      aria-label="Filter"
      placeholder={placeholder}
      leftSection={<ListFilter size={16} />}
      maxLength={4000}
      data={completions(typed, fields)}
      filter={({ options }) => options}
      renderOption={({ option }) => wordAtEnd(option.value)}
      value={typed}
      error={typed.trim() === '' ? undefined : fault}
      onChange={change}
    />
  )
}

/** What is wrong with a filter, and where; nothing where it can be asked for. */
function faultOf(text: string, fields: Fields): string | undefined {
  if (text.trim() === '') return undefined
  try {
    readFilter(text.trim(), fields)
    return undefined
  } catch (error) {
    if (!(error instanceof FilterFault)) throw error
    return `Position ${error.position}: expected ${error.expected}`
  }
}

const wordAtEnd = (text: string) => /[\w.-]*$/.exec(text)?.[0] ?? ''

/** What is typed with the names of fields that the last word begins. */
function completions(text: string, fields: Fields): string[] {
  const word = wordAtEnd(text)
  const before = text.slice(0, text.length - word.length)
  // Behind an operator stands a value.
  if (/[=<>]\s*"?$/.test(before)) return []
  const names = fieldNames(fields).map((name) => name.replace(/<.*$/, ''))
  return names.filter((name) => name.startsWith(word) && name !== word).map((name) => before + name)
}
