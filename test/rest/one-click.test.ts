// One-click unsubscribe: what mail clients, people, scanners and strangers may send, and what comes of it.
import t, { type Test } from 'tap'
import { anAddress } from '../support/builders.js'
import { onEachEngine } from '../support/database.js'
import { startJsonFace } from '../support/json-face.js'
import { account, startServerChild } from '../support/server-child.js'

const form = 'List-Unsubscribe=One-Click'
const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' }

async function aLink(t: Test, address = 'ada@example.org') {
  const face = await startJsonFace(t)
  const made = await face.ask('POST', '/v1/one-click-links', { body: { addresses: [address], reference: 'spring' } })
  const [{ url }] = made.json.links as [{ url: string }]
  const { pathname } = new URL(url)
  const post = (path: string, body: unknown, headers: Record<string, string> = urlencoded) =>
    face.ask('POST', path, { as: null, body, headers })
  return { face, url, path: pathname, post }
}

t.test('links come with the two headers of the mail, in order, also beside what is no address', async t => {
  const face = await startJsonFace(t)
  const body = { addresses: ['Ada@example.org', 'x', 'ada@EXAMPLE.org'], reference: 'spring' }

  const { status, json } = await face.ask('POST', '/v1/one-click-links', { body })

  t.equal(status, 200)
  const [first, none, again] = json.links as Record<string, unknown>[]
  t.match(first, { address: 'ada@example.org', url: /^https:\/\/example\.org\/one-click\/[\w-]{60,}$/ })
  t.same(first!.headers, { 'List-Unsubscribe': `<${first!.url}>`, 'List-Unsubscribe-Post': form })
  t.match(none, { address: null, url: null, problem: 'expected local@domain, got no @' })
  t.same(again, first)
  t.notMatch(Buffer.from(String(first!.url).split('/').at(-1)!, 'base64url').toString('latin1'), /ada|example|spring/)
  t.equal((await face.ask('POST', '/v1/one-click-links', { as: 'reader', body })).status, 403)
})

t.test('the form opts out, as either kind of form, for which nobody needs a key', async t => {
  const { face, path, post } = await aLink(t)
  const multipart = `--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n`

  for (const reply of [
    await post(path, form),
    await post(path, multipart, { 'content-type': 'multipart/form-data; boundary=b' }),
  ]) {
    t.equal(reply.status, 200)
    t.equal(reply.headers.get('set-cookie'), null)
  }

  const { json } = await face.ask('GET', '/v1/addresses/ada@example.org')
  t.match(json, { status: 'unsubscribed', version: 1, actor: 'recipient', source: 'one-click', origin: 'recipient' })
  t.match(face.store.dump().statusHistory, [{ evidence: 'spring' }])
})

t.test('whatever else is sent changes nothing', async t => {
  const { face, path, post } = await aLink(t)
  const token = path.split('/').at(-1)!
  const flipped = `${token.slice(0, 40)}${token[40] === 'A' ? 'B' : 'A'}${token.slice(41)}`

  for (const [target, body, headers, status] of [
    [path, '', urlencoded, 400],
    [path, `${form}&x=1`, urlencoded, 400],
    [path, 'List-Unsubscribe=one-click', urlencoded, 400],
    [path, 'List-Unsubscribe', urlencoded, 400],
    [path, `x${'='.repeat(5_000)}`, urlencoded, 413],
    [path, JSON.stringify({ 'List-Unsubscribe': 'One-Click' }), { 'content-type': 'application/json' }, 415],
    [path, 'no parts', { 'content-type': 'multipart/form-data; boundary=b' }, 400],
    [path, 'no boundary', { 'content-type': 'multipart/form-data' }, 400],
    [`/one-click/${flipped}`, form, urlencoded, 404],
    [`/one-click/${token}A`, form, urlencoded, 404],
    [`/one-click/${token.slice(0, -1)}`, form, urlencoded, 404],
    [`/one-click/${'A'.repeat(10_000)}`, form, urlencoded, 404],
    ['/one-click/AQE', form, urlencoded, 404],
  ] as const) {
    t.equal((await post(target, body, headers)).status, status, `${target.slice(0, 30)} ${body.slice(0, 30)}`)
  }
  for (const method of ['PUT', 'PATCH', 'DELETE']) {
    t.equal((await face.ask(method, path, { as: null, body: form, headers: urlencoded })).status, 405)
  }
  t.match((await face.ask('GET', '/v1/addresses/ada@example.org')).json, { status: 'subscribed', version: 0 })
  t.notMatch(face.logged(), token)
})

t.test('a link of another server is none here', async t => {
  const { face, path } = await aLink(t)
  const { createOneClick } = await import('../../src/service/access/one-click.js')
  const foreign = createOneClick(Buffer.from('another')).mint({
    address: anAddress('ada@example.org'),
    reference: null,
  })

  const reply = await face.ask('POST', path.replace(/[^/]+$/, foreign), { as: null, body: form, headers: urlencoded })

  t.equal(reply.status, 404)
})

await onEachEngine(t, 'scenario 37: to look at a link changes nothing, the form flips once', async (t, { url }) => {
  const server = await startServerChild(t, { databaseUrl: url, env: { PUBLIC_URL: 'https://example.org' } })
  const keyed = { authorization: `Bearer ${account.apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ addresses: ['ada@example.org'] })
  const made = await fetch(`${server.url}/v1/one-click-links`, { method: 'POST', headers: keyed, body })
  const { links } = (await made.json()) as { links: { url: string }[] }
  const link = server.url + new URL(links[0]!.url).pathname
  const status = async () => (await fetch(`${server.url}/v1/addresses/ada@example.org`, { headers: keyed })).json()

  const page = await fetch(link)
  const head = await fetch(link, { method: 'HEAD' })

  t.equal(page.status, 200)
  t.equal(head.status, 200)
  t.match(page.headers.get('content-security-policy'), /^default-src 'none'; form-action 'self'/)
  t.match(await page.text(), /<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">/)
  t.match(await status(), { status: 'subscribed', version: 0 })
  for (const _ of [1, 2, 3]) {
    const reply = await fetch(link, { method: 'POST', headers: urlencoded, body: form, redirect: 'error' })
    t.equal(reply.status, 200)
    t.match(await status(), { status: 'unsubscribed', version: 1 })
  }
})
