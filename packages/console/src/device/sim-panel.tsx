import type { Device } from '@mason/contract/device'
import { Link } from '@tanstack/react-router'
import { useCan } from '../session/session.ts'
import { Facts } from '../ui/facts.tsx'
import { Panel } from '../ui/panel.tsx'
import { Code } from './code.tsx'

/** The SIMs that a device reports. */
export function SimPanel({ device }: { device: Device }) {
  const can = useCan()
  const sims = device.connection?.sim ?? []
  return sims.map((sim, index) => (
    <Panel key={sim.iccid ?? index} title={sims.length > 1 ? `SIM ${index + 1}` : 'SIM'}>
      <Facts
        facts={[
          ['ICCID', sim.iccid && <Code text={sim.iccid} label="ICCID" />],
          [
            'Data usage',
            sim.iccid && can('connect:read') && (
              <Link to="/sims/$iccid" params={{ iccid: sim.iccid }}>
                View SIM
              </Link>
            ),
          ],
          ['Carrier', sim.carrier],
          ['Country', sim.countryiso?.toUpperCase()],
          ['Network', [sim.mcc, sim.mnc].filter(Boolean).join(' / ')],
        ]}
      />
    </Panel>
  ))
}
