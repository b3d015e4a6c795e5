import { deleteView, type View } from '@mason/contract/view'
import { useQueryClient } from '@tanstack/react-query'
import { Confirm } from '../ui/confirm.tsx'

/** Asks before a view is deleted. */
export default function DeleteViewDialog({ view, onClose }: { view: View; onClose: () => void }) {
  const { id, name, shared } = view
  const queryClient = useQueryClient()
  return (
    <Confirm
      title={`Delete the view ${name}?`}
      action="Delete view"
      onConfirm={async (send) => {
        await send(deleteView, { id })
        await queryClient.invalidateQueries({ queryKey: ['listViews'] })
      }}
      onClose={onClose}
    >
      {shared ? 'It is deleted for everyone in the account. ' : ''}What it shows is not changed.
    </Confirm>
  )
}
