import { ActionIcon, Tooltip } from '@mantine/core'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import classes from './copy.module.css'

/** Copies text; the clipboard API is missing on plain http, where a self-hosted Controller may well be. */
async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

function useCopied(text: string): [boolean, () => void] {
  const [isCopied, setIsCopied] = useState(false)
  const start = () => {
    void copy(text).then(() => {
      setIsCopied(true)
      setTimeout(() => setIsCopied(false), 1500)
    })
  }
  return [isCopied, start]
}

/** Something to be copied whole: a key, a command line. */
export function CopyLine({ text, label, isWrapped = false }: { text: string; label: string; isWrapped?: boolean }) {
  const [isCopied, start] = useCopied(text)
  return (
    <div className={classes.line}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a line that scrolls must be reachable by keyboard */}
      <pre className={`${classes.text} ${isWrapped ? classes.wrap : ''}`} tabIndex={0}>
        {text}
      </pre>
      <button type="button" className={classes.button} onClick={start} aria-label={`Copy ${label}`}>
        {isCopied ? <Check size={15} /> : <Copy size={15} />}
        <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
      </button>
    </div>
  )
}

export function CopyIcon({ text, label }: { text: string; label: string }) {
  const [isCopied, start] = useCopied(text)
  return (
    <Tooltip label={isCopied ? 'Copied' : `Copy ${label}`}>
      <ActionIcon variant="subtle" color="gray" size="sm" onClick={start} aria-label={`Copy ${label}`}>
        {isCopied ? <Check size={14} /> : <Copy size={14} />}
      </ActionIcon>
    </Tooltip>
  )
}
