import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { type Device, listDevices } from '@mason/contract/device'
import { useMutation } from '@tanstack/react-query'
import { Download, X } from 'lucide-react'
import { useRef, useState } from 'react'
import { walk } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { save } from '../ui/save.ts'
import { count } from '../ui/numbers.ts'
import { type TableFilters, toDeviceFilter } from './filters.ts'

const fields: readonly [string, (device: Device) => unknown][] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['serialnumber', ({ serialnumber }) => serialnumber],
  ['imei', ({ imei }) => imei],
  ['family', ({ family }) => family],
  ['group', ({ group }) => group.name],
  ['online', ({ online }) => online],
  ['lastcheckin', ({ lastcheckin }) => lastcheckin],
  ['createdAt', ({ createdAt }) => createdAt],
  ['osRelease', ({ os }) => os?.masonOS?.release],
  ['batteryLevel', ({ battery }) => battery?.level],
  ['iccid', ({ connection }) => connection?.sim?.map(({ iccid }) => iccid).join(' ')],
  ['osUpdated', ({ status }) => status.osUpdated],
  ['appsUpdated', ({ status }) => status.appsUpdated],
  ['projectUpdated', ({ status }) => status.projectUpdated],
]

/** Saves all devices that match as CSV, page by page; it can be stopped. */
export function CsvExport({ filters }: { filters: TableFilters }) {
  const [done, setDone] = useState(0)
  const stop = useRef<AbortController>(undefined)
  const saving = useMutation({
    mutationFn: async () => {
      stop.current = new AbortController()
      const { signal } = stop.current
      const lines = [fields.map(([name]) => name).join(',')]
      const parts: string[] = []
      let devices = 0
      for await (const device of walk(listDevices, { ...toDeviceFilter(filters), limit: 1000 }, { signal })) {
        lines.push(fields.map(([, value]) => cell(value(device))).join(','))
        devices += 1
        if (devices % 1000 > 0) continue
        parts.push(`${lines.splice(0).join('\r\n')}\r\n`)
        setDone(devices)
      }
      parts.push(`${lines.join('\r\n')}\r\n`)
      save(new Blob(parts, { type: 'text/csv' }), `devices-${new Date().toISOString().slice(0, 10)}.csv`)
    },
    onError: (error) => {
      if (!stop.current?.signal.aborted) notifications.show({ color: 'red', message: messageOf(error) })
    },
    onSettled: () => setDone(0),
  })
  if (saving.isPending)
    return (
      <Button variant="default" leftSection={<X size={16} />} onClick={() => stop.current?.abort()}>
        {count(done)} devices, stop
      </Button>
    )
  return (
    <Button variant="default" leftSection={<Download size={16} />} onClick={() => saving.mutate()}>
      CSV
    </Button>
  )
}

/** A cell by RFC 4180. One that a spreadsheet would take for a formula is made plain text. */
function cell(value: unknown): string {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
