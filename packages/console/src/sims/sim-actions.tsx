import { Button, Menu } from '@mantine/core'
import { getSim, type Sim, type SimChange, updateSim } from '@mason/contract/sim'
import { useQueryClient } from '@tanstack/react-query'
import { CircleOff, Gauge, Pencil } from 'lucide-react'
import { useState } from 'react'
import { read } from '../api/client.ts'
import type { Send } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { Confirm } from '../ui/confirm.tsx'
import { MoreActions } from '../ui/more-actions.tsx'
import { LimitDialog } from './limit-dialog.tsx'
import { SimDialog } from './sim-dialog.tsx'
import { movesFrom } from './sim-state.tsx'

/** What whoever is signed in may do with a SIM. */
export function SimActions({ sim }: { sim: Sim }) {
  const can = useCan()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<'limit' | 'edit' | { move: number }>()
  if (!can('connect:admin')) return undefined
  const change = async (send: Send, body: SimChange) => {
    const answer = await send(updateSim, { iccid: sim.iccid, body })
    queryClient.setQueryData(read(getSim, { iccid: sim.iccid }).queryKey, answer)
    void queryClient.invalidateQueries({ queryKey: ['listSims'] })
  }
  const moves = movesFrom(sim.state)
  const close = () => setOpen(undefined)
  const move = typeof open === 'object' ? moves[open.move] : undefined
  return (
    <>
      {moves.slice(0, -1).map(({ to, label }, index) => (
        <Button key={to} disabled={sim.pendingState !== undefined} onClick={() => setOpen({ move: index })}>
          {label}
        </Button>
      ))}
      <Button variant="default" leftSection={<Gauge size={15} />} onClick={() => setOpen('limit')}>
        Limit
      </Button>
      <MoreActions width={220}>
        <Menu.Item leftSection={<Pencil size={15} />} onClick={() => setOpen('edit')}>
          Name and IMEI lock
        </Menu.Item>
        {moves.length > 0 && (
          <Menu.Item
            leftSection={<CircleOff size={15} />}
            c="var(--bad)"
            onClick={() => setOpen({ move: moves.length - 1 })}
          >
            Deactivate permanently
          </Menu.Item>
        )}
      </MoreActions>
      {open === 'limit' && <LimitDialog sim={sim} onChange={change} onClose={close} />}
      {open === 'edit' && <SimDialog sim={sim} onChange={change} onClose={close} />}
      {move && (
        <Confirm
          title={`${move.label} ${sim.name ?? sim.iccid}?`}
          action={move.label}
          isDangerous={move.isFinal === true}
          {...(move.isFinal && { word: 'deactivate' })}
          onConfirm={(send) => change(send, { state: move.to })}
          onClose={close}
        >
          {move.effect}
        </Confirm>
      )}
    </>
  )
}
