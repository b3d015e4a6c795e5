import { type Program, postmasterPid } from './program.ts'

/** What is killed. */
export type Victim = 'server' | 'database' | 'both'

/** Kills the server, its PostgreSQL, or both at once, as a crash does. */
export async function kill(victim: Victim, program: Program, dataDir: string): Promise<void> {
  if (victim !== 'server') process.kill(await postmasterPid(dataDir), 'SIGKILL')
  if (victim !== 'database') await program.end('SIGKILL')
}

export const hasEnded = ({ child }: Program): boolean => child.exitCode !== null || child.signalCode !== null
