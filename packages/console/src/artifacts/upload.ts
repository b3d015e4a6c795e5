import { type Artifact, createArtifact, createUpload, type NewArtifact } from '@mason/contract/artifact'
import { call, one } from '../api/client.ts'
import type { Send } from '../api/submission.ts'

interface UploadOptions {
  send: Send
  file: File
  about: Omit<NewArtifact, 'url'>
  /** From 0 to 1. */
  onProgress: (share: number) => void
  signal: AbortSignal
}

/** Puts the bytes of an artifact where the server says, then registers them. */
export async function upload({ send, file, about, onProgress, signal }: UploadOptions): Promise<Artifact> {
  const { uploadUrl, url } = one(await call(createUpload, { type: about.type }, { signal }))
  // The server may be known to itself by another name than this page has for it.
  const { pathname, search } = new URL(uploadUrl)
  await put(pathname + search, file, onProgress, signal)
  return one(await send(createArtifact, { body: { ...about, url } }, { signal }))
}

/** fetch does not say how much of a body has left. */
function put(url: string, file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', url)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total === 0 ? 1 : loaded / total)
    request.onload = () =>
      request.status < 300
        ? resolve()
        : reject(new Error(`The server refused the upload with status ${request.status}`))
    request.onerror = () => reject(new Error('The upload was interrupted. Check your connection and try again.'))
    request.onabort = () => reject(signal.reason)
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}
