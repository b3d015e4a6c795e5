import { CloseButton, Modal } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import classes from './dialog.module.css'

interface DialogProps {
  title: ReactNode
  size?: 'md' | 'lg'
  /** Closes it by Escape, or by a click beside it; neither does anything without. */
  onDismiss?: (() => void) | undefined
  /** Closes it by the cross, which is there only then. */
  onClose?: (() => void) | undefined
  children: ReactNode
}

/** A window over the page. When it closes, the focus goes back to what opened it. */
export function Dialog({ title, size = 'md', onDismiss, onClose, children }: DialogProps) {
  useFocusBack()
  return (
    <Modal.Root
      opened
      centered
      size={size}
      returnFocus={false}
      closeOnEscape={onDismiss !== undefined}
      closeOnClickOutside={onDismiss !== undefined}
      onClose={onDismiss ?? doNothing}
    >
      <Modal.Overlay backgroundOpacity={0.35} blur={2} />
      <Modal.Content>
        <Modal.Header>
          <Modal.Title fw={600} className={classes.title}>
            {title}
          </Modal.Title>
          {onClose && <CloseButton aria-label="Close" className={classes.close} onClick={onClose} />}
        </Modal.Header>
        <Modal.Body className={classes.body}>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

const doNothing = () => {}

/** What opened the dialogs that are open: the first of them, when one leads to the next. */
let opener: Element | undefined

/** Gives the focus back to what opened a dialog; to the button of the menu, when an item of one did. */
export function useFocusBack(): void {
  const [openedBy] = useState(() => {
    const active = document.activeElement
    if (!active?.closest('[role=dialog]')) opener = menuButtonOf(active) ?? active ?? undefined
    return opener
  })
  useEffect(
    () => () => {
      setTimeout(() => {
        if (document.querySelector('[role=dialog]') || document.activeElement !== document.body) return
        const target = openedBy?.isConnected && openedBy !== document.body ? openedBy : document.getElementById('main')
        if (target instanceof HTMLElement) target.focus()
      })
    },
    [openedBy],
  )
}

function menuButtonOf(element: Element | null): Element | null {
  const labelId = element?.closest('[role=menu]')?.getAttribute('aria-labelledby')
  return labelId ? document.getElementById(labelId) : null
}
