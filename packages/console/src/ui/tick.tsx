import classes from './tick.module.css'

interface TickProps {
  label: string
  isOn: boolean
  /** Some of what it stands for is chosen. */
  isMixed?: boolean
  /** @param isRange whether the Shift key was held. */
  onToggle: (isRange: boolean) => void
}

/** A check box of a row: the browser's own, for there are dozens in view. */
export function Tick({ label, isOn, isMixed = false, onToggle }: TickProps) {
  return (
    <input
      type="checkbox"
      className={classes.tick}
      aria-label={label}
      checked={isOn}
      ref={(element) => {
        if (element) element.indeterminate = isMixed
      }}
      onChange={({ nativeEvent }) => onToggle(nativeEvent instanceof MouseEvent && nativeEvent.shiftKey)}
    />
  )
}
