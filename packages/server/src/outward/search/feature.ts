import { search as route } from '@mason/contract/search'
import type { Feature } from '../../core/feature.ts'
import { envelope } from '../../core/http/page.ts'
import * as found from './service.ts'

export const search = (): Feature => ({
  routes: ({ add }) => {
    add(route, async ({ db, actor, query }) => {
      const finds = await found.search(db, actor, query.q)
      return envelope(finds.map((find) => JSON.stringify(find)).join(','))
    })
  },
})
