import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { startChild } from '../child.ts'

const program = fileURLToPath(new URL('./http.ts', import.meta.url))

export interface Floor {
  pid: number
  port: number
}

/** Starts the read floor in its own process; resolves when it listens. */
export async function startFloor(connection: pg.ClientConfig): Promise<Floor> {
  const { pid, announced } = await startChild([program, JSON.stringify(connection)], /^(\d+)\n/)
  return { pid, port: Number(announced) }
}
