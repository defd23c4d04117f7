// The description of the face for programs (/v1/openapi.json) and the page for people (/docs): Swagger UI from its npm
// package, served from here. The page asks no other host for anything, and its policy would not let it.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { describeFace } from './describe-face.js'
import type { OpenRoute, Page, Reply, Route } from './route.js'

const description = z.looseObject({ openapi: z.string() }).meta({ id: 'Description' })

/** The document describes itself as well, so `routes` may still grow until it is first asked for. */
export function documentRoute(routes: readonly Route[], version: string): OpenRoute {
  let text: string | null = null
  return {
    method: 'GET',
    path: '/v1/openapi.json',
    operationId: 'getDescription',
    tag: 'Operation',
    summary: 'This description, as OpenAPI 3.1',
    role: null,
    replies: { 200: description },
    examples: [{ title: 'Ask', status: 200 }],
    async answer() {
      text ??= `${JSON.stringify(describeFace(routes, version), null, 2)}\n`
      return { status: 200, content: { type: 'text', contentType: 'application/json', text } }
    },
  }
}

// Swagger UI sets styles from its script, which a policy allows, and shows its icons from data: URLs in its sheet.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const pageHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
}

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>durable-unsubscribe: JSON face</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<div id="docs"></div>
<noscript>This page needs its script; the description is at <a href="v1/openapi.json">/v1/openapi.json</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`

// Without validatorUrl: null the page would send the document to a validator on another host.
const startScript = `SwaggerUIBundle({
  url: 'v1/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
  displayRequestDuration: true,
})
`

const assets = [
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['favicon-32x32.png', 'image/png'],
] as const

export function documentationPages(): Page[] {
  const text = (path: string, contentType: string, text: string): Page => ({
    ...{ method: 'GET', path, role: null },
    answer: async () => ({ status: 200, headers: pageHeaders, content: { type: 'text', contentType, text } }),
  })
  const page = text('/docs', 'text/html; charset=utf-8', html)
  return [
    // What the page loads is relative to it, since a proxy may serve all of this under a path of its own.
    { ...page, answer: exchange => (isFolder(exchange.target) ? outOfFolder() : page.answer(exchange)) },
    text('/docs/start.js', 'text/javascript; charset=utf-8', startScript),
    ...assets.map(([name, contentType]) => asset(name, contentType)),
  ]
}

const isFolder = (target: string): boolean => /^[^?]*\/(?:\?|$)/.test(target)

const outOfFolder = async (): Promise<Reply> => ({
  status: 308,
  headers: { Location: '../docs' },
  content: { type: 'none' },
})

// The same until the program is upgraded.
const assetSeconds = 3_600

function asset(name: string, contentType: string): Page {
  let reply: Promise<Reply> | null = null
  const read = async (): Promise<Reply> => {
    const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist'))
    const bytes = await readFile(join(folder, name))
    const headers = { ...pageHeaders, 'Cache-Control': `public, max-age=${assetSeconds}` }
    return { status: 200, headers, content: { type: 'bytes', contentType, bytes } }
  }
  return { method: 'GET', path: `/docs/${name}`, role: null, answer: () => (reply ??= read()) }
}
