import type { Feature } from '../../core/feature.ts'
import { judgeAnomalies } from './anomaly.ts'
import { judgeMonth } from './judge-month.ts'
import { judgeLimits } from './sim-limit.ts'

export const limits = (): Feature => ({ jobs: [judgeMonth, judgeLimits, judgeAnomalies] })
