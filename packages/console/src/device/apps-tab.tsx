import { TextInput } from '@mantine/core'
import type { Device } from '@mason/contract/device'
import { AppWindow, Search } from 'lucide-react'
import { useState } from 'react'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import classes from './device.module.css'

/** The packages that are installed on a device. */
export default function AppsTab({ device }: { device: Device }) {
  const [words, setWords] = useState('')
  const apps = device.apps ?? []
  if (apps.length === 0)
    return (
      <Panel>
        <Empty icon={<AppWindow size={22} />} title="No apps reported">
          A device lists its apps in a full check-in. Send “Refresh” to request one.
        </Empty>
      </Panel>
    )
  const shown = apps.filter(({ name }) => name.toLowerCase().includes(words.trim().toLowerCase()))
  return (
    <Panel isFlush>
      <div className={classes.search}>
        <TextInput
          mt={6}
          maw={360}
          aria-label="Search apps"
          placeholder="Package name"
          leftSection={<Search size={16} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </div>
      <table className={classes.apps}>
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Version code</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ name, version }) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{version}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <Empty title="No matching apps" />}
    </Panel>
  )
}
