import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type Device, listDevices } from '@mason/contract/device'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { read } from '../api/client.ts'
import { useFocusBack } from '../ui/dialog.tsx'
import { OnlineStatus } from '../ui/status.tsx'
import classes from './find-device.module.css'

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 }

/** Goes to a device by the beginning of its name, IMEI or serial number. */
export default function FindDevice({ onClose }: { onClose: () => void }) {
  useFocusBack()
  const [words, setWords] = useState('')
  const [asked] = useDebouncedValue(words.trim(), 150)
  const [selected, setSelected] = useState(0)
  const navigate = useNavigate()
  const { data } = useQuery({
    ...read(listDevices, { n: asked, limit: 8 }),
    enabled: asked !== '',
    placeholderData: keepPreviousData,
  })
  const devices = asked === '' ? [] : (data?.data ?? [])

  const open = (device: Device | undefined) => {
    if (!device) return
    onClose()
    void navigate({ to: '/devices/$id', params: { id: device.id } })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') open(devices[selected])
    const step = steps[event.key]
    if (step === undefined) return
    event.preventDefault()
    setSelected(Math.min(devices.length - 1, Math.max(0, selected + step)))
  }

  return (
    <Modal.Root opened onClose={onClose} returnFocus={false} yOffset="12vh" centered={false}>
      <Modal.Overlay backgroundOpacity={0.35} blur={2} />
      <Modal.Content aria-label="Find a device">
        <Modal.Body pt="md">
          <TextInput
            data-autofocus
            size="md"
            leftSection={<Search size={17} />}
            placeholder="Name, IMEI or serial number"
            aria-label="Name, IMEI or serial number"
            value={words}
            onChange={(event) => {
              setWords(event.currentTarget.value)
              setSelected(0)
            }}
            onKeyDown={onKeyDown}
          />
          {devices.length > 0 ? (
            <ul className={classes.results}>
              {devices.map((device, index) => (
                <li key={device.id}>
                  <button
                    type="button"
                    className={classes.result}
                    data-selected={index === selected}
                    onClick={() => open(device)}
                    onMouseMove={() => setSelected(index)}
                  >
                    <span>{device.name}</span>
                    <OnlineStatus isOnline={device.online} />
                    <span className={classes.dim}>
                      {device.imei ? `IMEI ${device.imei}` : device.serialnumber} · {device.group.name}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          ) : (
            <div className={classes.hint} role="status">
              {asked === ''
                ? 'Type the beginning of a name, IMEI or serial number.'
                : `No device starts with “${asked}”.`}
            </div>
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}
