import { TextInput } from '@mantine/core'
import { getUsage } from '@mason/contract/usage'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Tag } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { read } from '../api/client.ts'
import { bytes, count } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import type { Month } from './month.ts'
import classes from './usage.module.css'

interface MarkerUsageProps {
  month: Month
  marker: string | undefined
  onMarker: (marker: string | undefined) => void
}

/** Use of a month by the values of a marker: by customer, by site, by whatever SIMs are marked with. */
export function MarkerUsage({ month, marker, onMarker }: MarkerUsageProps) {
  const [words, setWords] = useState(marker ?? '')
  const usage = useQuery({ ...read(getUsage, { date: `${month}-01`, marker }), enabled: marker !== undefined })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onMarker(words.trim() || undefined)
  }
  return (
    <Panel
      title="By marker"
      actions={
        <form onSubmit={submit}>
          <TextInput
            size="xs"
            aria-label="Marker"
            placeholder="Marker key"
            leftSection={<Tag size={14} />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            onBlur={submit}
          />
        </form>
      }
      isFlush
    >
      {marker === undefined ? (
        <Empty icon={<Tag size={22} />} title="Enter a marker">
          Type the key of a marker, such as customer, and press Enter. You set markers on the page of a SIM, or when you
          import SIMs.
        </Empty>
      ) : (
        <QueryView query={usage}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty icon={<Tag size={22} />} title={`No SIM had the marker “${marker}” in this month`} />
            ) : (
              <>
                <table className={classes.table}>
                  <thead>
                    <tr>
                      <th scope="col">{marker}</th>
                      <th scope="col">Download</th>
                      <th scope="col">Upload</th>
                      <th scope="col">Total</th>
                    </tr>
                  </thead>
                  <tbody>
                    {data
                      .toSorted((a, b) => b.usage.total - a.usage.total)
                      .slice(0, mostRows)
                      .map(({ marker: part, usage: { download, upload, total } }) => (
                        <tr key={part?.value}>
                          <td>
                            <Link to="/sims" search={{ marker: `${part?.key}:${part?.value}` }}>
                              {part?.value}
                            </Link>
                          </td>
                          <td>{bytes(download)}</td>
                          <td>{bytes(upload)}</td>
                          <td>{bytes(total)}</td>
                        </tr>
                      ))}
                  </tbody>
                </table>
                {data.length > mostRows && (
                  <p className={classes.more}>
                    The {count(mostRows)} largest of {count(data.length)} values
                  </p>
                )}
              </>
            )
          }
        </QueryView>
      )}
    </Panel>
  )
}

/** A marker may have very many values; the largest are shown. */
const mostRows = 200
