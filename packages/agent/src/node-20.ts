// What Node 20 lacks of what this program and its libraries use.
Promise.withResolvers ??= <T>() => {
  let resolve: PromiseWithResolvers<T>['resolve'] = () => {}
  let reject: PromiseWithResolvers<T>['reject'] = () => {}
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null)
