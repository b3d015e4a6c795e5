import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { exchange } from '../../../test/exchange.ts'
import { startPlatform, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const follow = async (path: string) => (await exchange(platform.url, { path })).headers.location

describe('the settings file of the official CLI', () => {
  /** Every key of every release: whole addresses up to 1.9, a base and paths from 1.10. */
  const keys = [
    ...['config_version', 'client_id', 'auth_url', 'user_info_url', 'platform_url_base', 'api_url_base', 'xray_url'],
    ...['projects', 'registry_signed', 'registry_artifact', 'builder', 'deploy', 'console_create', 'console_projects']
      .map((word) => `${word}_url`)
      .flatMap((key) => [key, `${key}_path`]),
    ...['latest_version_url', 'analytics_url'],
  ]

  test('has every key, and addresses at the host that was asked', async () => {
    const { status, headers, text } = await exchange(platform.url, { path: '/mason-cli/endpoints.yml' })
    expect([status, headers['content-type']]).toEqual([200, 'application/yaml; charset=utf-8'])
    const file = parse(text)
    expect(Object.keys(file).sort()).toEqual(keys.toSorted())
    const addresses = Object.entries<string>(file).filter(
      ([key]) => /_url(_base)?$/.test(key) && key !== 'analytics_url',
    )
    for (const [key, address] of addresses) expect(new URL(address).host, key).toBe(new URL(platform.url).host)
    for (const key of ['projects_url', 'registry_signed_url', 'registry_artifact_url', 'builder_url', 'deploy_url'])
      expect(file[key]).toBe(file.api_url_base + file[`${key}_path`])
    for (const key of ['console_create_url', 'console_projects_url'])
      expect(file[key]).toBe(file.platform_url_base + file[`${key}_path`])
    expect(file.xray_url).toBe(`${platform.url.replace('http', 'ws')}/v1/global/xray`)
  })

  test('leads nowhere that this server does not answer', async () => {
    const file = parse((await exchange(platform.url, { path: '/mason-cli/endpoints.yml' })).text)
    for (const [url, wanted] of [
      [file.auth_url, 405],
      [file.user_info_url, 401],
      [`${file.projects_url}/x`, 401],
      [`${file.registry_artifact_url}/x/apk/y`, 401],
      [`${file.registry_signed_url}/x/y/1`, 401],
      [`${file.builder_url}/x/jobs/1`, 401],
      [file.deploy_url, 405],
      [`${file.console_projects_url}/shop`, 302],
      [`${file.console_create_url}/project`, 302],
      [file.latest_version_url, 200],
    ])
      expect((await fetch(url, { redirect: 'manual' })).status, url).toBe(wanted)
  })

  test('has the address of PUBLIC_URL where there is one', async () => {
    const other = await startPlatform({ PUBLIC_URL: 'https://mason.example' })
    const { text } = await exchange(other.url, { path: '/mason-cli/endpoints.yml' })
    await other.stop()
    expect(parse(text)).toMatchObject({
      auth_url: 'https://mason.example/oauth/ro',
      xray_url: 'wss://mason.example/v1/global/xray',
    })
  })

  test('holds nothing that a Host header smuggles in', async () => {
    for (const host of ['a"\nauth_url: x', 'evil/path', '', 'a b', '{{7*7}}:x']) {
      const answer = await exchange(platform.url, { path: '/mason-cli/endpoints.yml', headers: { host } }).catch(
        () => null,
      )
      if (answer?.status !== 200) continue
      const file = parse(answer.text)
      expect(new URL(file.auth_url).pathname).toBe('/oauth/ro')
    }
  })
})

test('the newest release of the CLI is told as plain text', async () => {
  const { status, headers, text } = await exchange(platform.url, { path: '/mason-cli/latest-version' })
  expect([status, headers['content-type'], text]).toEqual([200, 'text/plain; charset=utf-8', '1.10'])
})

describe('the pages that the official CLI opens', () => {
  test.each([
    ['/controller', '/'],
    ['/controller/projects', '/projects'],
    ['/controller/projects/shop', '/projects/shop'],
    ['/controller/create/project?name=shop', '/projects?create=shop'],
    ['/controller/projects/_create?name=shop', '/projects?create=shop'],
    ['/controller/create/project', '/projects'],
    ['/controller/settings/apikeys', '/keys'],
  ])('%s leads to %s', async (path, target) => {
    expect(await follow(path)).toBe(target)
  })

  test('lead nowhere else, whatever the name', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.constantFrom('//evil.example', '..', '\\evil', '%2f%2fe')),
        async (name) => {
          const written = encodeURIComponent(name.toWellFormed())
          for (const path of [`/controller/projects/${written}`, `/controller/create/project?name=${written}`]) {
            const target = await follow(path)
            if (target === undefined) continue
            expect(target).toMatch(/^\/(projects(\/|\?create=|$)|$)/)
            expect(new URL(target, platform.url).origin).toBe(platform.url)
          }
        },
      ),
      { numRuns: 60, seed: 20_261_129 },
    )
  })
})

describe('an error that the official CLI reads', () => {
  const hasDetails = async (request: Parameters<typeof exchange>[1]) => {
    const { status, text } = await exchange(platform.url, request)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(JSON.parse(text), `${request.method} ${request.path}`).toMatchObject({
      error: expect.any(String),
      details: expect.stringMatching(/./),
    })
  }

  test.each([
    '/oauth/ro',
    '/oauth/ro?a=b',
    '/api',
    '/api/',
    '/api/nothing',
    '/api/deploy',
    '/api/dashboard/projects/x',
  ])('%s has an error and details, whatever is wrong', async (path) => {
    const grant = { grant_type: 'password', username: 'nobody@example.com', password: 'wrong' }
    for (const body of ['{', '[]', '{}', '{"grant_type":"magic"}', JSON.stringify(grant), '{"username":"\\u0000"}'])
      await hasDetails({ method: 'POST', path, body })
    for (const method of ['GET', 'PUT', 'DELETE']) await hasDetails({ method, path })
    await hasDetails({ method: 'POST', path, body: 'x'.repeat(2 ** 20 + 1) })
  })

  test('of a wrong password is invalid_grant', async () => {
    const body = JSON.stringify({ grant_type: 'password', username: 'nobody@example.com', password: 'wrong' })
    const { status, text } = await exchange(platform.url, { method: 'POST', path: '/oauth/ro', body })
    expect(status).toBe(400)
    expect(JSON.parse(text)).toMatchObject({ error: 'invalid_grant', details: expect.stringContaining('password') })
  })
})
