import { CopyIcon } from '../ui/copy.tsx'
import classes from './device.module.css'

/** An identifier that can be copied. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <>
      <span className={classes.code}>{text}</span>
      <CopyIcon text={text} label={label} />
    </>
  )
}
