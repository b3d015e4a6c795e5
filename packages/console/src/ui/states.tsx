import { Button, Skeleton, Stack } from '@mantine/core'
import { ApiError } from '@mason/sdk/api-error'
import { Inbox, Lock, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { messageOf } from '../api/faults.ts'
import classes from './states.module.css'

interface EmptyProps {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
}

/** Says that there is nothing yet, and what would change that. */
export function Empty({ icon = <Inbox size={22} />, title, children, action }: EmptyProps) {
  return (
    <div className={classes.state}>
      <div className={classes.icon}>{icon}</div>
      <div className={classes.title}>{title}</div>
      {children && <p className={classes.text}>{children}</p>}
      {action}
    </div>
  )
}

/** Says what failed, with a way to try again where that could help. */
export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error instanceof ApiError && error.status === 403)
    return (
      <Empty icon={<Lock size={22} />} title="You don’t have access">
        {error.message}. Ask an admin of your account for access.
      </Empty>
    )
  return (
    <div className={classes.state} role="alert">
      <div className={`${classes.icon} ${classes.bad}`}>
        <TriangleAlert size={22} />
      </div>
      <div className={classes.title}>This could not be loaded</div>
      <p className={classes.text}>{messageOf(error)}</p>
      {error instanceof ApiError && error.requestId && (
        <code className={classes.request}>Request {error.requestId}</code>
      )}
      {onRetry && (
        <Button variant="default" size="xs" mt={6} onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}

/** Stands in for lines that are on their way. */
export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <Stack gap={12} py={6} role="status" aria-busy="true" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => `line ${index}`).map((key, index) => (
        <Skeleton key={key} height={14} width={`${92 - ((index * 17) % 40)}%`} radius="sm" />
      ))}
    </Stack>
  )
}
