import { Button, FileButton, Group, Progress, Stack, Text, TextInput } from '@mantine/core'
import type { Adb } from '@yume-chan/adb'
import { CornerLeftUp, File as FileIcon, Folder, Link2, Upload } from 'lucide-react'
import { type DragEvent, type FormEvent, useCallback, useEffect, useRef, useState } from 'react'
import { messageOf } from '../api/faults.ts'
import { notify, notifyFailure } from '../ui/notify.tsx'
import { bytes } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { Empty, Loading } from '../ui/states.tsx'
import { Moment } from '../ui/time.tsx'
import { type DeviceFile, joined, listFolder, parentOf, pull, push } from './files.ts'
import { saveBytes } from './run.ts'
import classes from './xray.module.css'

const start = '/sdcard'
const icons = { folder: Folder, link: Link2, file: FileIcon }

interface Transfer {
  name: string
  done: number
  total: number
}

/** The files of a device: to look through, to keep, and to put others beside them. */
export default function FilesPanel({ adb }: { adb: Adb }) {
  const { folder, files, fault, go } = useFolder(adb)
  const [transfer, setTransfer] = useState<Transfer>()
  const [isDropping, setIsDropping] = useState(false)

  const watched = async (name: string, total: number, work: (note: (done: number) => void) => Promise<void>) => {
    setTransfer({ name, done: 0, total })
    try {
      await work((done) => setTransfer({ name, done, total }))
    } catch (error) {
      notifyFailure(`${name} was not transferred`, error)
    } finally {
      setTransfer(undefined)
    }
  }
  const keep = ({ name, size }: DeviceFile) =>
    watched(name, size, async (note) => saveBytes(name, await pull(adb, joined(folder, name), size, note)))
  const upload = async (chosen: readonly File[]) => {
    for (const file of chosen)
      await watched(file.name, file.size, async (note) => {
        await push(adb, folder, file, note)
        void notify({ message: `${file.name} is on the device.` })
      })
    go(folder)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setIsDropping(false)
    void upload([...event.dataTransfer.files])
  }
  return (
    <Panel
      title="Files"
      actions={
        <FileButton multiple onChange={(chosen) => void upload(chosen)}>
          {(props) => (
            <Button {...props} size="xs" leftSection={<Upload size={14} />} disabled={transfer !== undefined}>
              Upload
            </Button>
          )}
        </FileButton>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the button beside it does the same */}
      <div
        className={isDropping ? classes.dropping : undefined}
        onDragOver={(event) => {
          event.preventDefault()
          setIsDropping(true)
        }}
        onDragLeave={() => setIsDropping(false)}
        onDrop={drop}
      >
        <Stack gap="sm">
          <Path folder={folder} onGo={go} />
          {transfer && (
            <div>
              <Text size="sm">
                {transfer.name}: {bytes(transfer.done)} of {bytes(transfer.total)}
              </Text>
              <Progress
                aria-label={`Progress of ${transfer.name}`}
                value={(100 * transfer.done) / Math.max(1, transfer.total)}
              />
            </div>
          )}
          <Listing files={files} fault={fault} onOpen={(file) => go(joined(folder, file.name))} onKeep={keep} />
        </Stack>
      </div>
    </Panel>
  )
}

function useFolder(adb: Adb) {
  const [folder, setFolder] = useState(start)
  const [files, setFiles] = useState<DeviceFile[]>()
  const [fault, setFault] = useState<string>()
  /** What was asked for last is what is shown. */
  const asked = useRef(0)
  const go = useCallback(
    (path: string) => {
      asked.current += 1
      const mine = asked.current
      const show = (found: DeviceFile[], said?: string) => {
        if (mine !== asked.current) return
        setFiles(found)
        setFault(said)
      }
      setFolder(path)
      listFolder(adb, path).then(show, (error) => show([], messageOf(error)))
    },
    [adb],
  )
  // A device that is no phone has no such folder, and its list is empty.
  useEffect(() => {
    const begin = (path: string) => {
      if (asked.current === 0) go(path)
    }
    listFolder(adb, start).then(
      (found) => begin(found.length > 0 ? start : '/'),
      () => begin('/'),
    )
  }, [adb, go])
  return { folder, files, fault, go }
}

function Path({ folder, onGo }: { folder: string; onGo: (path: string) => void }) {
  const [text, setText] = useState(folder)
  useEffect(() => setText(folder), [folder])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onGo(text.replace(/\/+$/, '') || '/')
  }
  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="end">
        <TextInput
          label="Folder"
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
          flex={1}
        />
        <Button
          variant="default"
          leftSection={<CornerLeftUp size={14} />}
          disabled={folder === '/'}
          onClick={() => onGo(parentOf(folder))}
        >
          Up
        </Button>
      </Group>
    </form>
  )
}

interface ListingProps {
  files: DeviceFile[] | undefined
  fault: string | undefined
  onOpen: (file: DeviceFile) => void
  onKeep: (file: DeviceFile) => void
}

function Listing({ files, fault, onOpen, onKeep }: ListingProps) {
  if (!files) return <Loading />
  if (files.length === 0)
    return <Empty title={fault === undefined ? 'This folder is empty' : 'This folder cannot be read'}>{fault}</Empty>
  return (
    <table className={classes.files}>
      <thead>
        <tr>
          <th>Name</th>
          <th>Size</th>
          <th>Modified</th>
        </tr>
      </thead>
      <tbody>
        {files.map((file) => {
          const Icon = icons[file.kind]
          return (
            <tr key={file.name}>
              <td>
                <Button
                  size="compact-sm"
                  variant="subtle"
                  leftSection={<Icon size={14} />}
                  onClick={() => (file.kind === 'file' ? onKeep(file) : onOpen(file))}
                >
                  {file.name}
                </Button>
              </td>
              <td>{file.kind === 'file' ? bytes(file.size) : ''}</td>
              <td>{file.modified.getTime() > 0 && <Moment time={file.modified.toISOString()} />}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
