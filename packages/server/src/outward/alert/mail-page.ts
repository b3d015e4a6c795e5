import { hourMs } from '@mason/contract/time'
import type { FastifyReply } from 'fastify'

/** A link in a mail works for so long. */
export const linkLifeMs = 30 * 24 * hourMs

const policy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

/** Sends a page that a link in a mail leads to: it works without the Controller, and nobody need be signed in. */
export const sendPage = (reply: FastifyReply, body: string) =>
  reply
    .headers({ 'content-security-policy': policy, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .type('text/html; charset=utf-8')
    .send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Mason Platform</title>
<style>
:root { color-scheme: light dark; }
body { max-width: 32rem; margin: 15vh auto; padding: 0 1.5rem; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#f3f1ed, #161513); color: light-dark(#23211d, #e9e7e2); }
h1 { font-size: 1.5rem; line-height: 1.3; overflow-wrap: anywhere; }
button { padding: 0.6rem 1.2rem; border: 0; border-radius: 6px; background: #0f716a; color: #fff; font: inherit; font-weight: 600; cursor: pointer; }
</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`)
