import { Menu } from '@mantine/core'
import {
  builtInCarriers,
  type CarrierConnection,
  type CarrierTest,
  deleteCarrier,
  syncCarrier,
  testCarrier,
  updateCarrier,
} from '@mason/contract/carrier'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { KeyRound, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { one } from '../api/client.ts'
import type { Send } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { MoreActions } from '../ui/more-actions.tsx'
import { counted } from '../ui/numbers.ts'
import { Status } from '../ui/status.tsx'
import { CredentialsDialog } from './credentials-dialog.tsx'

/** What can be done with a connection. */
export function CarrierActions({ carrier }: { carrier: CarrierConnection }) {
  const { name, abilities, counts, options } = carrier
  const isAdmin = useCan()('connect:admin', 'account')
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<'credentials' | 'delete'>()
  const [tested, setTested] = useState<CarrierTest>()
  const close = () => setOpen(undefined)
  const remove = async (send: Send) => {
    await send(deleteCarrier, { name })
    void queryClient.invalidateQueries({ queryKey: ['listCarriers'] })
    await navigate({ to: '/carriers' })
  }
  if (!isAdmin || builtInCarriers.some((one) => one === name)) return null
  return (
    <>
      {tested && (
        <Status tone={tested.ok ? 'good' : 'bad'}>
          {tested.ok ? `works, ${tested.latencyMs} ms` : (tested.error ?? 'fails')}
        </Status>
      )}
      {abilities.list && (
        <ActionButton
          variant="default"
          work={(send) => send(testCarrier, { name })}
          failure="Not tested"
          renews={[]}
          onDone={(answer) => setTested(one(answer))}
        >
          Test
        </ActionButton>
      )}
      {abilities.list && (
        <ActionButton
          work={(send) => send(syncCarrier, { name })}
          failure="Sync not started"
          renews={['getCarrier', 'listCarriers']}
        >
          Sync now
        </ActionButton>
      )}
      {abilities.list && counts.unknown > 0 && !options.importSims && (
        <ActionButton
          variant="default"
          work={(send) => send(updateCarrier, { name, options: { importSims: true } })}
          failure="SIMs not imported"
          renews={['getCarrier', 'listCarriers']}
        >
          Import {counted(counts.unknown, 'SIM')}
        </ActionButton>
      )}
      <MoreActions width={200}>
        {abilities.list && (
          <Menu.Item leftSection={<KeyRound size={15} />} onClick={() => setOpen('credentials')}>
            New credentials
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Trash2 size={15} />} c="var(--bad)" onClick={() => setOpen('delete')}>
          Delete
        </Menu.Item>
      </MoreActions>
      {open === 'credentials' && <CredentialsDialog carrier={carrier} onClose={close} />}
      {open === 'delete' && (
        <Confirm title={`Delete the carrier ${name}?`} action="Delete carrier" onConfirm={remove} onClose={close}>
          Its credentials are deleted. Only a carrier without SIMs can be deleted; usage stays.
        </Confirm>
      )}
    </>
  )
}
