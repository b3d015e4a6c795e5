import { afterEach } from 'vitest'
import { type Program, startProgram } from './program.ts'

/** How the tests of a file start the program, which ends with each test. */
export function usePrograms() {
  const running: Program[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.child.exitCode ?? program.end('SIGTERM')))
  })
  return async (...how: Parameters<typeof startProgram>) => {
    const program = await startProgram(...how)
    running.push(program)
    return program
  }
}
