/** Hands a file of this server to the browser to be kept; the session's cookie goes with the request. */
export function download(path: string): void {
  const link = document.createElement('a')
  link.href = path
  link.download = ''
  link.click()
}
