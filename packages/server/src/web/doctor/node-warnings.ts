import { lookFor, type Patient } from './check.ts'
import { cheapChecks } from './checks.ts'

/** What a node finds wrong with itself, each in a sentence. */
export async function nodeWarnings(patient: Patient): Promise<string[]> {
  const found = await Promise.all(cheapChecks.map((check) => lookFor(check, patient)))
  return found.flatMap(({ faults = [], warnings = [] }) => [...faults, ...warnings])
}
