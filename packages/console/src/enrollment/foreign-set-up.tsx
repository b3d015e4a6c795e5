import { Alert, Tabs } from '@mantine/core'
import type { Enrollment } from '@mason/contract/enrollment'
import { CopyLine } from '../ui/copy.tsx'
import { foreignAgents } from './agents.ts'
import classes from './enrollment.module.css'

type Kind = keyof typeof foreignAgents

/** How a device is set up with the agent of another vendor: by QR code, or by cable. */
export function ForeignSetUp({ kind, enrollment }: { kind: Kind; enrollment: Enrollment }) {
  const { qr, setup, token = '' } = enrollment
  const { name, receiver } = foreignAgents[kind]
  const server = setup?.server ?? ''
  return (
    <>
      <GoogleNote kind={kind} />
      <Tabs defaultValue={qr ? 'qr' : 'cable'}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="qr">By QR code</Tabs.Tab>
          <Tabs.Tab value="cable">By cable</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="qr">
          {qr ? (
            <ol className={classes.steps}>
              <li>Take a new device, or reset one to its factory settings.</li>
              <li>On its welcome screen, tap the same spot six times.</li>
              <li>Connect it to Wi-Fi if it asks, then scan this code.</li>
              <li>
                Confirm what it asks. It downloads the agent of {name}, restarts its set-up, and appears here a minute
                or two later.
              </li>
            </ol>
          ) : (
            <p className={classes.hint}>
              There is no QR code, because no APK was chosen. Create another token with one, or set the device up by
              cable.
            </p>
          )}
        </Tabs.Panel>
        <Tabs.Panel value="cable">
          <div className={classes.column}>
            <ol className={classes.steps}>
              <li>
                Reset the device, skip the accounts in its set-up, and turn on USB debugging in its developer options.
              </li>
              <li>Install the APK of the agent, and make it the owner of the device:</li>
            </ol>
            <CopyLine text="adb install agent.apk" label="install command" />
            <CopyLine text={`adb shell dpm set-device-owner ${receiver}`} label="owner command" isWrapped />
            <p className={classes.hint}>
              {kind === 'headwind'
                ? 'Open the agent and type this server. As the number of the device, type its serial number.'
                : 'Open the agent and type this server and the token above.'}
            </p>
            <CopyLine text={server} label="server" isWrapped />
            {kind === 'mdmesh' && <CopyLine text={token} label="token for the agent" isWrapped />}
          </div>
        </Tabs.Panel>
      </Tabs>
    </>
  )
}

/** What Google lets through, said before anybody has reset a device in vain. */
function GoogleNote({ kind }: { kind: Kind }) {
  return (
    <Alert color="yellow">
      {kind === 'headwind'
        ? 'On devices with Google’s services, only agents that Google has approved can be installed by QR code. The unmodified APK of Headwind MDM is believed to be one; an APK that you have built or signed yourself is not, and ends in “App blocked to protect your device”. Nobody has tried this against a real device with this platform yet.'
        : 'On devices with Google’s services this agent is blocked when it is installed by QR code: use it on devices without them, or by cable. Nobody has tried this against a real device with this platform yet.'}
    </Alert>
  )
}
