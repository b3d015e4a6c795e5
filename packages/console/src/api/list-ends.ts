/** The page key behind every UUID. */
export const endOfIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
/** The page key behind every event. */
export const endOfEvents = '~'
