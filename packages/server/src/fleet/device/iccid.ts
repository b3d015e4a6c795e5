import { readIccid } from '@mason/contract/identifiers'
import sql, { type Sql } from 'sql-template-tag'

/** The condition that a device reports an ICCID; a text that is none is reported by no device. */
export function ofIccid(text: string): Sql {
  const iccid = readIccid(text)
  if (iccid === undefined) return sql`false`
  // Few devices have the same one; a plan that passed through the list to them would read all others.
  return sql`id = ANY (ARRAY(SELECT d.id FROM device AS d WHERE d.iccids @> ARRAY[${iccid}]))`
}
