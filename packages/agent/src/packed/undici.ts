// The part of undici that Node 20 can run: its `fetch` needs a newer one. The build puts this in place of undici.
// @ts-expect-error undici describes its entry alone.
import api from 'undici/lib/api/index.js'
// @ts-expect-error the same
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js'
// @ts-expect-error the same
import Pool from 'undici/lib/dispatcher/pool.js'

Object.assign(Dispatcher.prototype, api)

export { Pool }
