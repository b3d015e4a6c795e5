import { ApiError } from '@mason/sdk/api-error'

/** Waits for a call that creates something, and takes it that it exists already. */
export async function unlessThere(creation: Promise<unknown>): Promise<void> {
  await creation.catch((error) => {
    if (!(error instanceof ApiError && error.status === 409)) throw error
  })
}
