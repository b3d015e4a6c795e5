import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type Found, type FoundKind, search } from '@mason/contract/search'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { LucideIcon } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { read } from '../api/client.ts'
import { useFocusBack } from '../ui/dialog.tsx'
import type { NavigationItem } from './navigation.ts'
import classes from './palette.module.css'

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }

/** The page whose icon each kind has, and where it leads. */
const kinds: Readonly<Record<FoundKind, { noun: string; page: string; path: (found: Found) => string }>> = {
  device: { noun: 'Device', page: '/devices', path: ({ id }) => `/devices/${id}` },
  sim: { noun: 'SIM', page: '/sims', path: ({ id }) => `/sims/${id}` },
  group: { noun: 'Group', page: '/groups', path: ({ id }) => `/groups/${encodeURIComponent(id)}` },
  artifact: {
    noun: 'Artifact',
    page: '/artifacts',
    path: ({ detail = '', name }) => `/artifacts/${detail}/${encodeURIComponent(name)}`,
  },
  project: { noun: 'Project', page: '/projects', path: ({ id }) => `/projects/${encodeURIComponent(id)}` },
  user: { noun: 'User', page: '/users', path: () => '/users' },
}

interface Choice {
  path: string
  noun: string
  icon: LucideIcon | undefined
  name: string
  detail?: string | undefined
}

interface CommandPaletteProps {
  /** The pages that whoever is signed in may see. */
  pages: readonly NavigationItem[]
  onClose: () => void
}

/** Goes to anything by a fragment of its name or numbers, and to pages by their names. */
export default function CommandPalette({ pages: all, onClose }: CommandPaletteProps) {
  useFocusBack()
  const [words, setWords] = useState('')
  const [asked] = useDebouncedValue(words.trim(), 150)
  const [selected, setSelected] = useState(0)
  const navigate = useNavigate()
  const { data } = useQuery({
    ...read(search, { q: asked }),
    enabled: asked !== '',
    placeholderData: keepPreviousData,
  })
  const pages = all
    .filter(({ label }) => asked !== '' && label.toLowerCase().includes(asked.toLowerCase()))
    .map(({ to, label, icon }): Choice => ({ path: to, noun: 'Page', icon, name: label }))
  const choices: Choice[] = [...pages, ...(asked === '' ? [] : (data?.data ?? []).map((found) => choiceOf(found, all)))]

  const open = (choice: Choice | undefined) => {
    if (!choice) return
    onClose()
    void navigate({ to: choice.path })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') open(choices[selected])
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    setSelected(Math.min(choices.length - 1, Math.max(0, selected + step)))
  }

  return (
    <Modal.Root opened onClose={onClose} returnFocus={false} yOffset="12vh" centered={false}>
      <Modal.Overlay backgroundOpacity={0.35} blur={2} />
      <Modal.Content aria-label="Find anything">
        <Modal.Body pt="md">
          <TextInput
            data-autofocus
            size="md"
            placeholder="Name, number or page"
            aria-label="Name, number or page"
            maxLength={200}
            value={words}
            onChange={(event) => {
              setWords(event.currentTarget.value)
              setSelected(0)
            }}
            onKeyDown={onKeyDown}
          />
          {choices.length > 0 ? (
            <ul className={classes.results}>
              {choices.map((choice, index) => (
                <li key={`${choice.noun} ${choice.path} ${choice.name}`}>
                  <button
                    type="button"
                    className={classes.result}
                    data-selected={index === selected}
                    onClick={() => open(choice)}
                    onMouseMove={() => setSelected(index)}
                  >
                    {choice.icon && <choice.icon size={16} aria-hidden="true" />}
                    <span className={classes.name}>{choice.name}</span>
                    <span className={classes.dim}>{choice.noun}</span>
                    {choice.detail && choice.detail !== choice.name && (
                      <span className={classes.detail}>{choice.detail}</span>
                    )}
                  </button>
                </li>
              ))}
            </ul>
          ) : (
            <div className={classes.hint} role="status">
              {asked === ''
                ? 'Any part of the name, serial number, IMEI or ICCID, such as the last digits on a label.'
                : `Nothing has “${asked}” in it.`}
            </div>
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

function choiceOf(found: Found, pages: readonly NavigationItem[]): Choice {
  const { noun, page, path } = kinds[found.kind]
  const icon = pages.find(({ to }) => to === page)?.icon
  return { path: path(found), noun, icon, name: found.name, detail: found.detail }
}
