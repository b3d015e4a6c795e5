import type { Device } from '@mason/contract/device'
import { CopyIcon } from '../ui/copy.tsx'
import { Panel } from '../ui/panel.tsx'
import classes from './device.module.css'

/** The device as the API answers it. */
export default function JsonTab({ device }: { device: Device }) {
  const text = JSON.stringify(device, undefined, 2)
  return (
    <Panel title={<code>GET {device.self}</code>} actions={<CopyIcon text={text} label="JSON" />} isFlush>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className={classes.json} tabIndex={0}>
        {text}
      </pre>
    </Panel>
  )
}
