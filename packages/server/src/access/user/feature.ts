import type { Feature } from '../../core/feature.ts'
import type { Links } from './link.ts'
import { userRoutes } from './routes.ts'

export const users = ({ links }: { links: Links }): Feature => ({ routes: (router) => userRoutes(router, links) })
