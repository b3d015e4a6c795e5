import { routes } from '@mason/contract/routes'
import { expect, test } from 'vitest'
import { startPlatform, usePlatform } from '../../../test/harness.ts'
import { pathOf } from '../../../test/paths.ts'

const platform = usePlatform()

test('no answer of the API is kept on the way or taken for another type', async () => {
  const { key } = await platform.newAccount()
  const paths = routes.filter(({ method }) => method === 'GET').map((route) => pathOf(route, { id: 'x' }))
  const finite = paths.filter((path) => !path.endsWith('/stream'))
  for (const path of [...finite, '/nowhere', '/v1/default/%zz', '/v1/other/device'])
    for (const credential of [key, undefined]) {
      const { headers, status } = await platform.fetch(path, {
        ...(credential && { key: credential }),
        redirect: 'manual',
      })
      expect(headers.get('x-content-type-options'), `${path} ${status}`).toBe('nosniff')
      expect(headers.get('cache-control'), `${path} ${status}`).toMatch(/no-store|private|no-cache|max-age/)
      if (path.startsWith('/v1/')) expect(headers.get('cache-control'), path).toBe('no-store')
      expect(headers.get('strict-transport-security')).toBeNull()
    }
})

test('what is reached over HTTPS says so for the next time', async () => {
  const behindProxy = await startPlatform({ PUBLIC_URL: 'https://mason.example' })
  const { headers } = await behindProxy.fetch('/v1/default/device')
  expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  await behindProxy.stop()
})
