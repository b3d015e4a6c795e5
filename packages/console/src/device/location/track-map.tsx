import { Button } from '@mantine/core'
import { useState } from 'react'
import classes from './location.module.css'
import { mapStyle } from './map-style.ts'
import { OutlineMap } from './outline-map.tsx'
import { StyledMap } from './styled-map.tsx'
import type { TrackProps } from './track.ts'

/** Where a device has been: on the operator's map where there is one; on the built-in outline until that is there, or where it cannot be had. */
export function TrackMap({ fixes }: TrackProps) {
  const [isReady, setIsReady] = useState(false)
  const [fault, setFault] = useState<string>()
  if (mapStyle === undefined) return <OutlineMap fixes={fixes} />
  return (
    <>
      <div className={classes.stack}>
        {!isReady && <OutlineMap fixes={fixes} />}
        {fault === undefined && (
          <StyledMap
            style={mapStyle}
            fixes={fixes}
            isShown={isReady}
            onReady={() => setIsReady(true)}
            onFault={(reason) => {
              setIsReady(false)
              setFault(reason)
            }}
          />
        )}
      </div>
      {fault !== undefined && (
        <div className={classes.fault} role="status">
          <span>{fault} Showing the built-in outline instead.</span>
          <Button size="compact-sm" variant="default" onClick={() => setFault(undefined)}>
            Try again
          </Button>
        </div>
      )}
    </>
  )
}
