import { Button, CloseButton, Menu } from '@mantine/core'
import type { BulkSimChange } from '@mason/contract/job'
import type { DataLimit, SimState } from '@mason/contract/sim'
import type { SimTarget } from '@mason/contract/sim-target'
import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import { BulkDialog, ofSims } from '../jobs/bulk-dialog.tsx'
import { type PairChange, PairFields } from '../jobs/pair-fields.tsx'
import { counted } from '../ui/numbers.ts'
import { LimitFields, type LimitValues, limitOf } from './limit-fields.tsx'
import { stateMoves } from './sim-state.tsx'
import classes from './sims-page.module.css'

interface SelectionBarProps {
  target: SimTarget
  /** How many are chosen; nothing while that is counted. */
  size: number | undefined
  matching?: { count: number } | undefined
  onChooseMatching?: () => void
  onClear: () => void
}

type Open = 'limit' | 'markers' | { state: SimState }

/** What can be done with the chosen SIMs. */
export function SelectionBar({ target, size, matching, onChooseMatching, onClear }: SelectionBarProps) {
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  const dialog = {
    target,
    targetName: size === undefined ? 'all matching SIMs' : counted(size, 'SIM'),
    onStarted: () => {
      close()
      onClear()
    },
    onClose: close,
  }
  return (
    <section className={classes.selection} aria-label="Selection">
      <span role="status">
        <b>{size === undefined ? 'All matching SIMs' : counted(size, 'SIM')}</b> selected
      </span>
      {onChooseMatching && (
        <Button size="compact-sm" variant="subtle" onClick={onChooseMatching}>
          {matching ? `Select all ${counted(matching.count, 'matching SIM')}` : 'Select all matching SIMs'}
        </Button>
      )}
      <span className={classes.spacer} />
      <Menu>
        <Menu.Target>
          <Button rightSection={<ChevronDown size={15} />}>State</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {stateMoves.map(({ to, label, isFinal }) => (
            <Menu.Item key={to} {...(isFinal && { c: 'var(--bad)' })} onClick={() => setOpen({ state: to })}>
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button variant="default" onClick={() => setOpen('limit')}>
        Limit
      </Button>
      <Button variant="default" onClick={() => setOpen('markers')}>
        Markers
      </Button>
      <CloseButton aria-label="Clear selection" onClick={onClear} />
      {typeof open === 'object' && <StateDialog {...dialog} state={open.state} />}
      {open === 'limit' && <ManyLimitsDialog {...dialog} />}
      {open === 'markers' && <MarkersDialog {...dialog} />}
    </section>
  )
}

interface DialogProps {
  target: SimTarget
  targetName: string
  onStarted: () => void
  onClose: () => void
}

function StateDialog({ target, targetName, state, ...on }: DialogProps & { state: SimState }) {
  const move = stateMoves.find(({ to }) => to === state)
  return (
    <BulkDialog<BulkSimChange>
      title={`${move?.label}: ${targetName}`}
      bulk={ofSims(target)}
      verb={move?.label ?? 'Change'}
      isDangerous={move?.isFinal === true}
      change={{ state }}
      {...on}
    >
      {() => `${move?.effect} SIMs that cannot come into this state are left as they are.`}
    </BulkDialog>
  )
}

function ManyLimitsDialog({ target, targetName, ...on }: DialogProps) {
  const [values, setValues] = useState<LimitValues>({ megabytes: '', action: 'alert' })
  const limit: DataLimit | undefined = limitOf(values)
  return (
    <BulkDialog<BulkSimChange>
      title={`Monthly limit of ${targetName}`}
      bulk={ofSims(target)}
      verb="Limit"
      change={limit && { dataLimit: limit }}
      {...on}
    >
      {(faults) => <LimitFields values={values} faults={faults} prefix="change/dataLimit" onChange={setValues} />}
    </BulkDialog>
  )
}

function MarkersDialog({ target, targetName, ...on }: DialogProps) {
  const [markers, setMarkers] = useState<PairChange>()
  return (
    <BulkDialog<BulkSimChange>
      title={`Mark ${targetName}`}
      bulk={ofSims(target)}
      verb="Mark"
      change={markers && { markers }}
      {...on}
    >
      {(faults) => (
        <PairFields
          noun="marker"
          examples={{ key: 'customer', value: 'harbor-taxis' }}
          error={faults.at('change/markers')}
          onChange={setMarkers}
        />
      )}
    </BulkDialog>
  )
}
