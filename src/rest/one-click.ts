// One-click unsubscribe (RFC 8058). Links are made for senders; the pages behind them are for mail clients, which send
// one fixed form, and for people, who get a button that sends the same. To look at a link changes nothing, ever.

import { z } from 'zod'
import { parseAddress } from '../domain/address.js'
import type { Cause } from '../domain/command.js'
import type { OneClickLink } from '../service/access/one-click.js'
import type { Face, Service } from '../service/service.js'
import { withoutKeyTrouble } from './idempotency.js'
import { statedText } from './input.js'
import { Problem } from './problem.js'
import { type Exchange, type GuardedRoute, type Page, type Reply, route } from './route.js'

const field = 'List-Unsubscribe'
const value = 'One-Click'
const formBytesMax = 4_096
const linksMax = 1_000
const referenceLengthMax = 200

const linkRequest = z
  .strictObject({
    addresses: z.array(z.string()).min(1).max(linksMax),
    reference: statedText(referenceLengthMax)
      .optional()
      .describe('What you call the mailing or list; an opt-out by the link has it as its evidence.'),
  })
  .meta({ id: 'OneClickLinkRequest' })

const linkResource = z
  .object({
    address: z.string().nullable().describe('The one spelling under which it is compared; null where it is none.'),
    url: z.string().nullable(),
    headers: z.record(z.string(), z.string()).nullable().describe('Headers for the mail; DKIM has to cover them.'),
    problem: z.string().optional().describe('Why it is no address.'),
  })
  .meta({ id: 'OneClickLink' })

export function oneClickRoutes({ oneClick }: Pick<Service, 'oneClick'>): GuardedRoute[] {
  return [
    route({
      method: 'POST',
      path: '/v1/one-click-links',
      operationId: 'makeOneClickLinks',
      tag: 'Addresses',
      summary: 'Links for one-click unsubscribe',
      description: 'Needs PUBLIC_URL. The same address and reference give the same link, which has no end.',
      role: 'writer',
      takesKey: false,
      body: linkRequest,
      replies: { 200: z.object({ links: z.array(linkResource) }) },
      problems: { 409: 'PUBLIC_URL is not set, so a link would lead nowhere.' },
      examples: [
        { title: 'For a mailing', body: { addresses: ['ada@example.org'], reference: 'spring' }, status: 200 },
      ],
      async handle({ body: { addresses, reference } }) {
        const { publicUrl } = oneClick
        if (publicUrl === null) throw publicUrlMissing()
        const links = addresses.map((given): z.input<typeof linkResource> => {
          const parsed = parseAddress(given)
          if (parsed.type !== 'address') return { address: null, url: null, headers: null, problem: parsed.problem }
          const token = oneClick.mint({ address: parsed.address, reference: reference ?? null })
          const url = `${publicUrl}/one-click/${token}`
          const headers = { [field]: `<${url}>`, [`${field}-Post`]: `${field}=${value}` }
          return { address: parsed.address.key, url, headers }
        })
        return { status: 200, content: { type: 'json', value: { links } } }
      },
    }),
  ]
}

export function oneClickPages({ oneClick, writes }: Pick<Service, 'oneClick' | 'writes'>, face: Face): Page[] {
  const path = '/one-click/:token'
  const linkOf = ({ params }: Exchange): OneClickLink => {
    const link = oneClick.read(params.token ?? '')
    if (link !== undefined) return link
    throw new Problem({ status: 404, name: 'unknown-link', title: 'Unknown link', detail: 'no mail had this link' })
  }
  return [
    {
      method: 'GET',
      path,
      role: null,
      async answer(exchange) {
        linkOf(exchange)
        return page(
          'Unsubscribe',
          `<p>Do you want to get no more of these mails?</p>
<form method="post"><input type="hidden" name="${field}" value="${value}"><button>Unsubscribe</button></form>`,
        )
      },
    },
    {
      method: 'POST',
      path,
      role: null,
      async answer(exchange) {
        const { address, reference } = linkOf(exchange)
        await readForm(exchange)
        const cause: Cause = {
          actor: 'recipient',
          role: 'writer',
          source: 'one-click',
          reason: 'one-click unsubscribe',
          reasonGiven: true,
          evidence: reference,
          origin: 'recipient',
        }
        const command = { type: 'set-subscription', address, status: 'unsubscribed' } as const
        const answer = withoutKeyTrouble(
          await writes.submit({ command, cause, policy: face.policy, replay: { type: 'none' } }),
        )
        // Mail clients try once and tell the recipient that it worked: so it has, before they hear of it.
        if (answer.type === 'rejected') throw new Error(`a one-click opt-out was rejected as ${answer.rejection.type}`)
        return page('Unsubscribed', '<p>You are unsubscribed.</p>')
      },
    },
  ]
}

// Exactly the one field that RFC 8058 names, as either kind of form.
async function readForm({ headers, readBody }: Exchange): Promise<void> {
  const contentType = headers['content-type'] ?? ''
  if (!/^(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i.test(contentType)) {
    throw notTheForm(415, 'unsupported-media-type', 'Content-Type: expected a form')
  }
  const bytes = await readBody(formBytesMax)
  const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData().catch(() => null)
  const entries = form === null ? [] : [...form]
  const [entry] = entries
  if (entries.length !== 1 || entry?.[0] !== field || entry[1] !== value) {
    throw notTheForm(400, 'unreadable-body', `expected the body ${field}=${value} and nothing else`)
  }
}

const notTheForm = (status: 400 | 415, name: string, detail: string): Problem =>
  new Problem({ status, name, title: 'Not a one-click request', detail })

function publicUrlMissing(): Problem {
  const detail = 'links need the address under which mail clients reach this server: set PUBLIC_URL'
  return new Problem({ status: 409, name: 'public-url-missing', title: 'No public address', detail })
}

const page = (title: string, body: string): Reply => ({
  status: 200,
  headers: {
    'Content-Security-Policy': "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex',
  },
  content: {
    type: 'text',
    contentType: 'text/html; charset=utf-8',
    text: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title></head><body><h1>${title}</h1>
${body}
</body></html>
`,
  },
})
