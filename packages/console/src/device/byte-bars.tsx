import { bytes } from '../ui/numbers.ts'
import classes from './byte-bars.module.css'

interface ByteBarsProps {
  rows: readonly { name: string; received: number; sent: number }[]
}

/** Bytes down and up, as bars to one scale. */
export function ByteBars({ rows }: ByteBarsProps) {
  const most = Math.max(1, ...rows.map(({ received, sent }) => received + sent))
  return (
    <div className={classes.rows}>
      {rows.map(({ name, received, sent }) => (
        <div key={name} className={classes.row}>
          <span className={classes.name}>{name}</span>
          <span className={classes.value}>
            {bytes(received)} down, {bytes(sent)} up
          </span>
          <span className={classes.track} aria-hidden="true">
            <span
              className={classes.bar}
              style={{ width: `${(100 * received) / most}%`, background: 'var(--mantine-color-petrol-5)' }}
            />
            <span className={classes.bar} style={{ width: `${(100 * sent) / most}%`, background: 'var(--brick)' }} />
          </span>
        </div>
      ))}
    </div>
  )
}
