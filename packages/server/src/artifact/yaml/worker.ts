import { parentPort, workerData } from 'node:worker_threads'
import { readYaml } from './read.ts'

const outcome = () => {
  try {
    return { value: readYaml(workerData as string) }
  } catch (error) {
    return { fault: (error as Error).message.split('\n', 1)[0] }
  }
}
parentPort?.postMessage(outcome())
