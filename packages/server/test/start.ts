import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { readConfig } from '../src/config.ts'
import { serve } from '../src/serve.ts'
import { asAdmin } from './databases.ts'

const environmentOf = (environment: Record<string, string>) =>
  readConfig({
    LOG_LEVEL: 'silent',
    PORT: '0',
    MQTT_PORT: '0',
    DRAIN_SECONDS: '0',
    ...environment,
  })

/** Starts the server and ends it in order. */
export async function start(environment: Record<string, string>): Promise<void> {
  const running = await serve(environmentOf(environment), () => {})
  await running.stop()
}

/** What the start says where it must fail. */
export async function startFault(environment: Record<string, string>): Promise<string> {
  try {
    await start(environment)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('the server has started')
}

/** A database of its own in the PostgreSQL of the tests. */
export async function newDatabase(template = 'template0'): Promise<{ name: string; url(user?: string): string }> {
  const { host, port, user } = inject('postgres')
  const name = `faults_${randomUUID().replaceAll('-', '')}`
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  return { name, url: (as = user) => `postgres://${as}@/${name}?host=${encodeURIComponent(host)}&port=${port}` }
}
