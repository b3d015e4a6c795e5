import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import { type ArtifactOptions, artifactRoutes } from './routes.ts'
import { expireUploads, type Uploads } from './upload.ts'

interface Needs {
  database: Database
  uploads: Uploads
  isToHave: ArtifactOptions['isToHave']
}

export const artifacts = ({ database, uploads, isToHave }: Needs): Feature => ({
  routes: (router) => artifactRoutes(router, { database, uploads, isToHave }),
  jobs: [expireUploads],
})
