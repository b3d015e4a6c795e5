import type { Db } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Links } from './link.ts'
import { userRoutes } from './routes.ts'

export const users = ({ database, links }: { database: Db; links: Links }): Feature => ({
  routes: (router) => userRoutes(router, database, links),
})
