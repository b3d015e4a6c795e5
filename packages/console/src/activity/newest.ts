/** The page key behind every event: what stands before it is the newest. */
export const newestFirst = { before: '~' }
