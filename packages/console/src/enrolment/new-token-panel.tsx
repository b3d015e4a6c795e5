import { Loader, Tabs } from '@mantine/core'
import type { Enrollment } from '@mason/contract/enrollment'
import { CircleCheck } from 'lucide-react'
import { useState } from 'react'
import { useEvents } from '../api/live.tsx'
import { DeviceName } from '../device/device-name.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { Panel } from '../ui/panel.tsx'
import { QrCode } from '../ui/qr.tsx'
import classes from './enrolment.module.css'

/** Devices that are named one by one; more are only counted. */
const named = 5
const joins = ['device.enrolled', 'device.reenrolled']

/** A new token, the one time that it is shown: its QR code, what to do with it, and the devices as they join. */
export function NewTokenPanel({ enrollment: { id, token = '', qr, qrMissing = [] } }: { enrollment: Enrollment }) {
  const [joined, setJoined] = useState<string[]>([])
  useEvents(({ type, subject, data }) => {
    if (joins.includes(type) && data.enrollment === id) setJoined((before) => [subject.id, ...before])
  })
  const server = location.origin
  return (
    <Panel title="Your new token" note="It is shown only until you leave this page.">
      <div className={classes.new}>
        {qr && <QrCode text={qr} label="QR code for Android device set-up" size={232} />}
        <div className={classes.column}>
          <CopyLine text={token} label="token" isWrapped />
          <Tabs defaultValue="android">
            <Tabs.List mb="sm">
              <Tabs.Tab value="android">Android</Tabs.Tab>
              <Tabs.Tab value="linux">Linux</Tabs.Tab>
              <Tabs.Tab value="simulator">Try it with simulated devices</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="android">
              {qr ? (
                <ol className={classes.steps}>
                  <li>Take a new device, or one that was reset.</li>
                  <li>On its welcome screen, tap six times on the same spot.</li>
                  <li>Connect to Wi-Fi when it asks, and hold it before this code.</li>
                </ol>
              ) : (
                <p className={classes.hint}>
                  There is no QR code: no Android agent is configured. Set {qrMissing.join(' and ')} on the server, then
                  create another token.
                </p>
              )}
            </Tabs.Panel>
            <Tabs.Panel value="linux">
              <div className={classes.column}>
                <p className={classes.hint}>On the device, in the folder of the platform or of its agent:</p>
                <CopyLine
                  text={`npx mason-agent enroll --server ${server} --token ${token}`}
                  label="enrollment command"
                  isWrapped
                />
                <CopyLine text="npx mason-agent run" label="run command" />
              </div>
            </Tabs.Panel>
            <Tabs.Panel value="simulator">
              <div className={classes.column}>
                <p className={classes.hint}>
                  In the folder of the platform, in another terminal. They stay online until you end it there.
                </p>
                <CopyLine
                  text={`npx mason-agent simulate --server ${server} --token ${token} --devices 20 --families D450`}
                  label="simulator command"
                  isWrapped
                />
              </div>
            </Tabs.Panel>
          </Tabs>
          <div role="status">
            {joined.length === 0 ? (
              <span className={classes.waiting}>
                <Loader size={14} /> Waiting for the first device to join…
              </span>
            ) : (
              <span className={classes.joined}>
                <CircleCheck size={18} />
                <span>
                  {joined.slice(0, named).map((device, index) => (
                    <span key={device}>
                      {index > 0 && ', '}
                      <DeviceName id={device} />
                    </span>
                  ))}
                  {joined.length > named && ` and ${joined.length - named} more`} {joined.length === 1 ? 'has' : 'have'}{' '}
                  joined
                </span>
              </span>
            )}
          </div>
        </div>
      </div>
    </Panel>
  )
}
