import {
  acceptLink,
  changePassword,
  forgotPassword,
  getCurrentSession,
  getSignInMethods,
  listSessions,
  readLink,
  revokeSession,
  signIn,
  signInByTotp,
  signOut,
} from '@mason/contract/auth'
import { getPreferences, updatePreferences } from '@mason/contract/preferences'
import { confirmTotp, disableTotp, enrollTotp, renewRecoveryCodes } from '@mason/contract/second-factor'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OwnSession } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { envelope } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import type { Sealer } from '../../core/sealer.ts'
import { describeLink, type Links } from '../user/link.ts'
import { type Cookies, giveSession, refuseCrossSite, visitorOf } from './cookies.ts'
import type { Oidc } from './oidc.ts'
import * as passwords from './password.ts'
import * as preferences from './preferences.ts'
import * as secondFactor from './second-factor.ts'
import { describeSession, endSession, listOwn, type OpenedSession, revokeOwn } from './session.ts'
import { giveCode, isNew, signIn as signInByPassword } from './sign-in.ts'
import type { SignedInUsers } from './signed-in-users.ts'

interface Services {
  db: Db
  sealer: Sealer
  cookies: Cookies
  users: SignedInUsers
  links: Links
  forgotten: ReturnType<typeof passwords.forgottenPasswords>
  oidc: Oidc | undefined
}

export function authRoutes({ add }: Router, services: Services): void {
  const { db, sealer, cookies, users, links, forgotten, oidc } = services

  /** Gives the browser its session in place of any that it had, and answers with it. */
  const welcome = async (request: FastifyRequest, reply: FastifyReply, opened: OpenedSession) => {
    await endCurrent(request)
    giveSession(cookies, request, reply, opened)
    return envelope(await describeSession(db, opened))
  }
  const endCurrent = async (request: FastifyRequest) => {
    const token = cookies.session.read(request)
    const current = token === undefined ? undefined : await users.findSession(token)
    if (current) await endSession(db, current.session)
    return current?.user
  }
  const visitor = (request: FastifyRequest) => visitorOf(cookies, request)

  add(getSignInMethods, async () =>
    envelope(
      JSON.stringify({
        password: true,
        mail: links.mailer !== undefined,
        ...((await isNew(db)) && { isNew: true }),
        ...(oidc && { oidc: { label: oidc.label, url: oidc.startPath } }),
      }),
    ),
  )
  add(signIn, async ({ db, body, request, reply }) => {
    refuseCrossSite(request, links.publicUrl)
    return welcome(request, reply, await signInByPassword(db, body, visitor(request)))
  })
  add(signInByTotp, async ({ db, body, request, reply }) => {
    const opened = await giveCode(db, sealer, sessionOf(request), body.code, visitor(request))
    return welcome(request, reply, opened)
  })
  add(signOut, async ({ request, reply }) => {
    refuseCrossSite(request, links.publicUrl)
    const user = await endCurrent(request)
    if (user) request.actor = user.actor
    cookies.session.write(request, reply, undefined)
    return envelope('{"done":true}')
  })
  add(getCurrentSession, async ({ request }) => envelope(await describeSession(db, sessionOf(request))))
  add(listSessions, async ({ request }) => envelope((await listOwn(db, sessionOf(request))).join(',')))
  add(revokeSession, async ({ db, params, request }) => envelope(await revokeOwn(db, sessionOf(request), params.id)))

  add(getPreferences, async ({ request }) => envelope(await preferences.get(db, sessionOf(request))))
  add(updatePreferences, async ({ db, body, request }) =>
    envelope(await preferences.change(db, sessionOf(request), body)),
  )
  add(changePassword, async ({ db, body, request, reply }) =>
    welcome(request, reply, await passwords.changePassword(db, sessionOf(request), body, visitor(request))),
  )
  add(forgotPassword, async ({ body }) => {
    await forgotten.ask(db, body.email)
    return envelope('{"done":true}')
  })
  add(readLink, async ({ body }) => envelope(await describeLink(db, body.token)))
  add(acceptLink, async ({ db, body, request, reply }) => {
    refuseCrossSite(request, links.publicUrl)
    return welcome(request, reply, await passwords.acceptLink(db, body, visitor(request)))
  })

  add(enrollTotp, async ({ db, body, request }) =>
    envelope(JSON.stringify(await secondFactor.enroll(db, sealer, sessionOf(request), body.password))),
  )
  add(confirmTotp, async ({ db, body, request, reply }) => {
    const session = sessionOf(request)
    const { recoveryCodes, opened } = await secondFactor.confirm(db, sealer, session, body.code, visitor(request))
    if (opened) giveSession(cookies, request, reply, opened)
    return envelope(JSON.stringify({ recoveryCodes }))
  })
  add(disableTotp, async ({ db, body, request }) => {
    await secondFactor.disable(db, sealer, sessionOf(request), body.code, visitor(request))
    return envelope('{"done":true}')
  })
  add(renewRecoveryCodes, async ({ db, body, request }) => {
    const codes = await secondFactor.renewCodes(db, sealer, sessionOf(request), body.code, visitor(request))
    return envelope(JSON.stringify({ recoveryCodes: codes }))
  })
}

function sessionOf({ session }: FastifyRequest): OwnSession {
  if (!session) throw new AppError('authentication_error', 'There is no session')
  return session
}
