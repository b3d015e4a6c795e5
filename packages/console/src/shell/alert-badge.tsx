import { countAlerts } from '@mason/contract/alert'
import { useQuery } from '@tanstack/react-query'
import { one, read } from '../api/client.ts'
import { count } from '../ui/numbers.ts'
import classes from './shell.module.css'

/** How many alerts are open; nothing while there are none. Events say when that has changed. */
export function AlertBadge() {
  const { data } = useQuery(read(countAlerts, {}))
  const { open = 0, critical = 0 } = data ? one(data) : {}
  if (open === 0) return null
  return (
    <span className={classes.badge} data-critical={critical > 0 || undefined} title={`${count(open)} open`}>
      {count(open)}
    </span>
  )
}
