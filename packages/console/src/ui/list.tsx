import { ActionIcon } from '@mantine/core'
import { ChevronDown, ChevronUp } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import classes from './list.module.css'
import type { Tone } from './status.tsx'

/** Lines that each say one thing. */
export function List({ children }: { children: ReactNode }) {
  return <ul className={classes.list}>{children}</ul>
}

interface ListRowProps {
  icon?: ReactNode
  tone?: Tone
  title: ReactNode
  /** Shows all of a long title, for what has no page of its own. */
  isWhole?: boolean
  note?: ReactNode
  end?: ReactNode
  /** What a row for many unfolds to; it is read when it does. */
  parts?: { name: string; show: () => ReactNode }
}

export function ListRow({ parts, ...row }: ListRowProps) {
  const [isOpen, setIsOpen] = useState(false)
  if (!parts) return <Row {...row} />
  const Chevron = isOpen ? ChevronUp : ChevronDown
  const toggle = (
    <ActionIcon
      variant="subtle"
      color="gray"
      aria-label={`${isOpen ? 'Hide' : 'Show'} ${parts.name}`}
      aria-expanded={isOpen}
      onClick={() => setIsOpen(!isOpen)}
    >
      <Chevron size={16} />
    </ActionIcon>
  )
  return (
    <>
      <Row
        {...row}
        end={
          <>
            {row.end}
            {toggle}
          </>
        }
      />
      {isOpen && <li className={classes.parts}>{parts.show()}</li>}
    </>
  )
}

function Row({ icon, tone, title, isWhole = false, note, end }: Omit<ListRowProps, 'parts'>) {
  return (
    <li className={classes.row}>
      {icon && (
        <span className={classes.icon} data-tone={tone} aria-hidden="true">
          {icon}
        </span>
      )}
      <div className={classes.text}>
        <div className={`${classes.title} ${isWhole ? classes.whole : ''}`}>{title}</div>
        {note && (
          <div className={classes.note} data-text>
            {note}
          </div>
        )}
      </div>
      {end && <div className={classes.end}>{end}</div>}
    </li>
  )
}
