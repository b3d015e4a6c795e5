import { Loader, Tabs } from '@mantine/core'
import type { Enrollment } from '@mason/contract/enrollment'
import { CircleCheck } from 'lucide-react'
import { useState } from 'react'
import { useEvents } from '../api/live.tsx'
import { DeviceName } from '../device/device-name.tsx'
import { CopyLine } from '../ui/copy.tsx'
import { Panel } from '../ui/panel.tsx'
import { QrCode } from '../ui/qr.tsx'
import classes from './enrollment.module.css'
import { ForeignSetUp } from './foreign-set-up.tsx'

/** Devices that are named one by one; more are only counted. */
const named = 5
const joins = ['device.enrolled', 'device.reenrolled']

/** A new token, the one time that it is shown: its QR code, what to do with it, and the devices as they join. */
export function NewTokenPanel({ enrollment }: { enrollment: Enrollment }) {
  const { id, token = '', kind, qr, qrMissing = [] } = enrollment
  const [joined, setJoined] = useState<string[]>([])
  useEvents(({ type, subject, data }) => {
    if (joins.includes(type) && data.enrollment === id) setJoined((before) => [subject.id, ...before])
  })
  const server = location.origin
  return (
    <Panel title="Your new token" note="Shown only until you leave this page.">
      <div className={classes.new}>
        {qr && <QrCode text={qr} label="QR code for Android device set-up" size={kind === 'mason' ? 232 : 320} />}
        <div className={classes.column}>
          <CopyLine text={token} label="token" isWrapped />
          {kind !== 'mason' && <ForeignSetUp kind={kind} enrollment={enrollment} />}
          {kind === 'mason' && (
            <Tabs defaultValue={qr ? 'android' : 'linux'}>
              <Tabs.List mb="sm">
                <Tabs.Tab value="android">Android</Tabs.Tab>
                <Tabs.Tab value="linux">Linux</Tabs.Tab>
                <Tabs.Tab value="simulator">Simulated devices</Tabs.Tab>
              </Tabs.List>
              <Tabs.Panel value="android">
                {qr ? (
                  <ol className={classes.steps}>
                    <li>Take a new or factory-reset device.</li>
                    <li>On the welcome screen, tap the same spot six times.</li>
                    <li>Connect to Wi-Fi when asked, then scan this code.</li>
                  </ol>
                ) : (
                  <p className={classes.hint}>
                    There is no QR code because no Android agent is configured. Set {qrMissing.join(' and ')} on the
                    server, then create another token.
                  </p>
                )}
              </Tabs.Panel>
              <Tabs.Panel value="linux">
                <div className={classes.column}>
                  <p className={classes.hint}>
                    On the device, which needs Node 20 or newer and systemd. This installs the agent, enrolls the
                    device, and starts it now and at every boot:
                  </p>
                  <CopyLine
                    text={`sudo npm install -g ${server}/agent/mason-agent.tgz && sudo mason-agent install --server ${server} --token ${token}`}
                    label="installation command"
                    isWrapped
                  />
                  <p className={classes.hint}>
                    To remove it: <code>sudo mason-agent uninstall --purge && sudo npm uninstall -g mason-agent</code>
                  </p>
                </div>
              </Tabs.Panel>
              <Tabs.Panel value="simulator">
                <div className={classes.column}>
                  <p className={classes.hint}>
                    In another terminal, in the folder of the platform. The devices stay online until you stop the
                    command.
                  </p>
                  <CopyLine
                    text={`npx mason-agent simulate --server ${server} --token ${token} --devices 20 --families D450`}
                    label="simulator command"
                    isWrapped
                  />
                </div>
              </Tabs.Panel>
            </Tabs>
          )}
          <div role="status">
            {joined.length === 0 ? (
              <span className={classes.waiting}>
                <Loader size={14} /> Waiting for the first device to enroll…
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
                  enrolled
                </span>
              </span>
            )}
          </div>
        </div>
      </div>
    </Panel>
  )
}
