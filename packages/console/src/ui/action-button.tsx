import { ActionIcon, type ActionIconProps, Button, type ButtonProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { type Action, useAction } from '../api/action.ts'

type ActionButtonProps<A> = Action<A> & Omit<ButtonProps, 'loading'> & { children: ReactNode }

/** A button that does something by itself, without a form around it. */
export function ActionButton<A>({ work, failure, renews, onDone, ...looks }: ActionButtonProps<A>) {
  const { run, isPending } = useAction({ work, failure, renews, onDone })
  return <Button {...looks} loading={isPending} onClick={run} />
}

type IconActionProps<A> = Action<A> & Omit<ActionIconProps, 'loading'> & { 'aria-label': string; children: ReactNode }

/** The same as an icon. */
export function IconAction<A>({ work, failure, renews, onDone, ...looks }: IconActionProps<A>) {
  const { run, isPending } = useAction({ work, failure, renews, onDone })
  return <ActionIcon {...looks} loading={isPending} onClick={run} />
}
