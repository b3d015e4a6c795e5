import { dayMs } from '@mason/contract/time'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../../core/errors.ts'
import type { OpenedSession, Visitor } from './session.ts'

/** The cookies of users's browsers. */
export interface Cookies {
  session: Cookie
  /** Which browser it is, for the throttle of sign-ins. */
  device: Cookie
  /** What a sign-in by an identity provider must come back with. */
  oidc: Cookie
}

interface Cookie {
  read(request: FastifyRequest): string | undefined
  /** Sets the cookie until then; undefined takes it away. */
  write(request: FastifyRequest, reply: FastifyReply, value: string | undefined, expiresAt?: Date): void
}

/** Over HTTPS a cookie is `__Host-`: no other host, and nothing unencrypted, can set or read it. */
export function openCookies(publicUrl: () => string): Cookies {
  const cookie = (name: string, sameSite: 'strict' | 'lax'): Cookie => {
    const isSecure = (request: FastifyRequest) => request.protocol === 'https' || publicUrl().startsWith('https:')
    const nameFor = (request: FastifyRequest) => (isSecure(request) ? `__Host-${name}` : name)
    return {
      read: (request) => {
        const { cookie } = request.headers
        return cookie === undefined ? undefined : parseCookie(cookie)[nameFor(request)] || undefined
      },
      write: (request, reply, value, expiresAt = new Date(0)) => {
        const secure = isSecure(request)
        const options = {
          path: '/',
          httpOnly: true,
          secure,
          sameSite,
          expires: value === undefined ? new Date(0) : expiresAt,
        }
        reply.header('set-cookie', stringifySetCookie({ name: nameFor(request), value: value ?? '', ...options }))
      },
    }
  }
  return {
    session: cookie('mason_session', 'strict'),
    device: cookie('mason_device', 'strict'),
    // The identity provider's redirect comes from another site.
    oidc: cookie('mason_oidc', 'lax'),
  }
}

/**
 * Refuses what another site's page made a browser send: by fetch metadata, else by Origin. A client that sends neither is no
 * browser, and nobody can make it send a cookie.
 */
export function refuseCrossSite(request: FastifyRequest, publicUrl: () => string): void {
  const { 'sec-fetch-site': site, origin } = request.headers
  const isOwn = () => origin === undefined || origin === new URL(publicUrl()).origin || hostOf(origin) === request.host
  const isFine = site === undefined ? isOwn() : site === 'same-origin' || site === 'none'
  if (!isFine) throw new AppError('permission_error', 'A page of another site cannot do this')
}

const hostOf = (origin: string) => (URL.canParse(origin) ? new URL(origin).host : undefined)

/** Who asks, as sessions and the throttle see it. */
export const visitorOf = (cookies: Cookies, request: FastifyRequest): Visitor => ({
  address: request.ip,
  userAgent: request.headers['user-agent'],
  device: cookies.device.read(request),
})

const deviceDays = 365

/** Sets the cookies of a session. */
export function giveSession(
  cookies: Cookies,
  request: FastifyRequest,
  reply: FastifyReply,
  opened: OpenedSession,
): void {
  const { token, device, expiresAt } = opened
  cookies.session.write(request, reply, token, expiresAt)
  if (device !== undefined) cookies.device.write(request, reply, device, new Date(Date.now() + deviceDays * dayMs))
}
