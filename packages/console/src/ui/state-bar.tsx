import { count } from './numbers.ts'
import classes from './state-bar.module.css'

interface StateBarProps {
  parts: readonly { name: string; label?: string; count: number; color: string }[]
  /** The part that a list below is narrowed to. */
  shown: string | undefined
  onShow: (name: string | undefined) => void
}

/** How many are in which state, as a bar and as buttons that narrow what is shown. */
export function StateBar({ parts, shown, onShow }: StateBarProps) {
  const present = parts.filter((part) => part.count > 0)
  return (
    <>
      <div className={classes.bar} aria-hidden="true">
        {present.map(({ name, count: size, color }) => (
          <span key={name} className={classes.part} style={{ flexGrow: size, background: color }} />
        ))}
      </div>
      <div className={classes.counts}>
        {present.map(({ name, label = name, count: size, color }) => (
          <button
            key={name}
            type="button"
            className={classes.count}
            aria-pressed={shown === name}
            onClick={() => onShow(shown === name ? undefined : name)}
          >
            <span className={classes.dot} style={{ background: color }} />
            <span className={classes.number}>{count(size)}</span>
            {label}
          </button>
        ))}
      </div>
    </>
  )
}
