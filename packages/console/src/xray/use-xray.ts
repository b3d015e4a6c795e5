import { useEffect, useRef, useState } from 'react'
import { XrayKeeper, type XrayState } from './keeper.ts'

/** A session with a device, which ends with the page. */
export function useXray(deviceId: string) {
  const [state, setState] = useState<XrayState>({ kind: 'closed' })
  const keeper = useRef<XrayKeeper | undefined>(undefined)
  useEffect(() => {
    const mine = new XrayKeeper(deviceId, setState)
    keeper.current = mine
    return () => mine.end()
  }, [deviceId])
  return { state, keeper }
}
