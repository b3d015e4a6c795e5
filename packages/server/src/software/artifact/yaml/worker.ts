import { work } from '../../../core/thread/work.ts'
import { readYaml } from './read.ts'

await work((text: string) => {
  try {
    return readYaml(text)
  } catch (error) {
    // The lines after the first draw the text.
    throw new Error((error as Error).message.split('\n', 1)[0])
  }
})
