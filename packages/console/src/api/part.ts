/** A file of the Controller did not come: the server was away, or has another version by now. */
export class PartMissing extends Error {
  override readonly name = 'PartMissing'
}

/** Loads a file of the Controller when it is needed: `part(() => import('./plan-page.tsx'))`. */
export const part =
  <M>(load: () => Promise<M>) =>
  async (): Promise<M> => {
    try {
      return await load()
    } catch (cause) {
      throw new PartMissing('A part of this page could not be loaded.', { cause })
    }
  }
