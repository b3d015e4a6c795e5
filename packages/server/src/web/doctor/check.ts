import type { Config } from '../../config.ts'
import type { Database } from '../../core/db/database.ts'

/** What a check looks at. */
export interface Patient {
  config: Config
  /** None where it cannot be reached; why is said by the check of the database. */
  database: Database | undefined
}

/** What a check has found; sentences name the setting and the remedy. */
export interface Findings {
  /** What is in order, in a few words. */
  seen?: string
  /** What fails, or will. */
  faults?: readonly string[]
  /** What works, but should not stay so. */
  warnings?: readonly string[]
  /** Why there was nothing to look at. */
  skipped?: string
}

/** Looks at one thing. A rejection is a fault, too. */
export interface Check {
  name: string
  look(patient: Patient): Findings | Promise<Findings>
}

/** A check that asks the database. */
export const ofDatabase = (name: string, look: (database: Database, patient: Patient) => Promise<Findings>): Check => ({
  name,
  look: async (patient) =>
    patient.database ? look(patient.database, patient) : { skipped: 'the database cannot be asked' },
})

/** What a check has found, also where it rejects. */
export async function lookFor({ look }: Check, patient: Patient): Promise<Findings> {
  try {
    return await look(patient)
  } catch (error) {
    return { faults: [(error as Error).message] }
  }
}
