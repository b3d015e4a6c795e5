import { Progress } from '@mantine/core'
import { createExport, getExport, type NewExport } from '@mason/contract/export'
import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useEffect, useState } from 'react'
import { one, read } from '../api/client.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { download } from '../ui/download.ts'
import { notifyFailure } from '../ui/notify.tsx'
import { percent } from '../ui/numbers.ts'

/** Lets the server write a file of all that passes the filters, and downloads it once it is there. */
export function ExportButton({ label, content }: { label: string; content: NewExport }) {
  const [id, setId] = useState<string>()
  const progress = useQuery({ ...read(getExport, { id: id ?? '' }), enabled: id !== undefined, refetchInterval: 700 })
  const current = progress.data && one(progress.data)
  const isOver = current?.state === 'succeeded' || current?.state === 'failed'
  useEffect(() => {
    if (!current || !isOver) return
    setId(undefined)
    if (current.contentUrl) download(current.contentUrl)
    else notifyFailure('Export failed', new Error(current.reason ?? 'Try again.'))
  }, [current, isOver])
  return (
    <ActionButton
      variant="default"
      leftSection={<Download size={16} />}
      disabled={id !== undefined}
      work={async (send) => one(await send(createExport, { body: content })).id}
      failure="Export not started"
      onDone={setId}
    >
      {id === undefined ? (
        label
      ) : (
        <>
          <Progress value={100 * (current?.progress ?? 0)} w={48} mr={8} aria-label="Export" />
          {percent(current?.progress ?? 0, 1)}
        </>
      )}
    </ActionButton>
  )
}
