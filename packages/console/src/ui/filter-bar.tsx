import { Button, type ComboboxData, NativeSelect, Select, TextInput } from '@mantine/core'
import { Search, X } from 'lucide-react'
import type { ReactNode } from 'react'
import classes from './filter-bar.module.css'
import { useTypedFilter } from './typed-filter.ts'

/** Search and filters above a list. They live in the address, so that a view can be sent to somebody. */
export function FilterBar({ children }: { children: ReactNode }) {
  return <search className={classes.bar}>{children}</search>
}

/** Filters with one of them changed; without it where the value is empty. */
export function withFilter<F extends object>(filters: F, name: keyof F, value: string | null): F {
  const { [name]: _, ...rest } = filters
  return (value ? { ...rest, [name]: value } : rest) as F
}

interface TextFilterProps {
  label: string
  placeholder: string
  icon?: ReactNode
  /** As wide as a choice. */
  isShort?: boolean
  maxLength?: number
  /** Whether the text can be asked for; all can be without. */
  isComplete?: (text: string) => boolean
  value: string | undefined
  onChange: (text: string) => void
}

/** Filters by a text, as soon as whoever types it pauses. */
export function TextFilter({ value = '', onChange, isComplete = always, ...looks }: TextFilterProps) {
  const { label, placeholder, icon = <Search size={16} />, isShort = false, maxLength = 200 } = looks
  const { typed, setTyped, ask } = useTypedFilter(value, onChange, 200)
  return (
    <TextInput
      className={isShort ? classes.filter : classes.search}
      aria-label={label}
      placeholder={placeholder}
      leftSection={icon}
      maxLength={maxLength}
      value={typed}
      onChange={(event) => {
        const text = event.currentTarget.value
        setTyped(text)
        if (isComplete(text.trim())) ask(text.trim())
      }}
    />
  )
}

const always = () => true

interface DayFilterProps extends Pick<TextFilterProps, 'label' | 'value' | 'onChange'> {
  /** What is seen of the label: a browser writes the same into all days. */
  word: string
}

/** A filter by a day of UTC. */
export function DayFilter({ label, word, value = '', onChange }: DayFilterProps) {
  return (
    <TextInput
      className={classes.day}
      type="date"
      leftSection={word}
      leftSectionWidth="4rem"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

interface ChoiceFilterProps {
  label: string
  /** What it says when it does not filter. */
  any: string
  choices: readonly (string | { value: string; label: string })[]
  value: string | undefined
  onChange: (value: string) => void
}

/** A filter of few values, by the browser's own list: it is there at once. */
export function ChoiceFilter({ label, any, choices, value = '', onChange }: ChoiceFilterProps) {
  return (
    <NativeSelect
      className={classes.filter}
      aria-label={label}
      data={[{ value: '', label: any }, ...choices]}
      value={value}
      data-unset={value === '' || undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

/** A filter that came with the address and can only be taken off. */
export function GivenFilter({ onClear, children }: { onClear: () => void; children: ReactNode }) {
  return (
    <Button variant="light" rightSection={<X size={14} />} onClick={onClear}>
      {children}
    </Button>
  )
}

interface SearchedFilterProps extends Omit<ChoiceFilterProps, 'choices' | 'onChange'> {
  choices: ComboboxData
  onChange: (value: string | null) => void
}

/** A filter of many values, which can be searched. */
export function SearchedFilter({ label, any, choices, value, onChange }: SearchedFilterProps) {
  return (
    <Select
      className={classes.filter}
      aria-label={label}
      placeholder={any}
      clearable
      searchable
      limit={50}
      nothingFoundMessage="No match"
      data={choices}
      value={value ?? null}
      onChange={onChange}
    />
  )
}
