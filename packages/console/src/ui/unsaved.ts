import { useEffect, useState } from 'react'

const forms = new Set<symbol>()

/** Whether somebody has begun to fill in a form that is open. */
export const hasUnsaved = () => forms.size > 0

/** Keeps note that a form holds what nobody has saved. */
export function useUnsaved(): { isTouched: boolean; touch: () => void } {
  const [form] = useState(() => Symbol('form'))
  const [isTouched, setIsTouched] = useState(false)
  useEffect(() => {
    if (!isTouched) return
    forms.add(form)
    return () => void forms.delete(form)
  }, [form, isTouched])
  return { isTouched, touch: () => setIsTouched(true) }
}
