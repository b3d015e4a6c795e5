import pg from 'pg'

/**
 * Whether what failed would fail again: bad data, a broken rule, a limit, a fault of a program. All else passes: the
 * database is away, has no room or is too slow.
 */
export const isLasting = (error: unknown): boolean =>
  error instanceof pg.DatabaseError
    ? /^(22|23|42|54|P0|XX)/.test(error.code ?? '')
    : error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError

/** Whether a statement gave up waiting for a lock. */
export const isLockTimeout = (error: unknown): boolean => error instanceof pg.DatabaseError && error.code === '55P03'
