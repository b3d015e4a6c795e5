import type { Connection } from '@mason/contract/connection'
import { Facts } from '../ui/facts.tsx'
import { Panel } from '../ui/panel.tsx'

function onOrOff(isEnabled: boolean | undefined): string | undefined {
  if (isEnabled === undefined) return undefined
  return isEnabled ? 'on' : 'off'
}

/** Wi-Fi and Bluetooth as the device reports them. */
export function NetworkPanel({ connection }: { connection: Connection | undefined }) {
  const { wifi, bluetooth } = connection ?? {}
  if (!wifi && !bluetooth) return undefined
  return (
    <Panel title="Network">
      <Facts
        facts={[
          ['Wi-Fi', [onOrOff(wifi?.enabled), wifi?.ssid].filter(Boolean).join(', ')],
          ['IP address', wifi?.ipaddress],
          ['Access point', wifi?.bssid],
          ['Wi-Fi MAC', wifi?.adapterMacAddress],
          ['Bluetooth', [onOrOff(bluetooth?.enabled), bluetooth?.name].filter(Boolean).join(', ')],
          ['Bluetooth MAC', bluetooth?.macAddress],
          ['Paired with', bluetooth?.pairedDevices?.join(', ')],
        ]}
      />
    </Panel>
  )
}
