import { Button, Progress } from '@mantine/core'
import { createExport, getExport, type NewExport } from '@mason/contract/export'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useEffect, useState } from 'react'
import { call, one, read } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { download } from '../ui/download.ts'
import { notify } from '../ui/notify.tsx'
import { percent } from '../ui/numbers.ts'

/** Lets the server write a file of all that passes the filters, and downloads it once it is there. */
export function ExportButton({ label, content }: { label: string; content: NewExport }) {
  const [id, setId] = useState<string>()
  const start = useMutation({
    mutationFn: async () => one(await call(createExport, { body: content })).id,
    onSuccess: setId,
    onError: (error) => void notify({ color: 'red', title: 'The export did not start', message: messageOf(error) }),
  })
  const progress = useQuery({ ...read(getExport, { id: id ?? '' }), enabled: id !== undefined, refetchInterval: 700 })
  const current = progress.data && one(progress.data)
  const isOver = current?.state === 'succeeded' || current?.state === 'failed'
  useEffect(() => {
    if (!current || !isOver) return
    setId(undefined)
    if (current.contentUrl) download(current.contentUrl)
    else void notify({ color: 'red', title: 'The export failed', message: current.reason ?? 'Try it again.' })
  }, [current, isOver])
  return (
    <Button
      variant="default"
      leftSection={<Download size={16} />}
      disabled={id !== undefined}
      loading={start.isPending}
      onClick={() => start.mutate()}
    >
      {id === undefined ? (
        label
      ) : (
        <>
          <Progress value={100 * (current?.progress ?? 0)} w={48} mr={8} aria-label="Export" />
          {percent(current?.progress ?? 0, 1)}
        </>
      )}
    </Button>
  )
}
