// The page at /docs as a browser would take it: everything that it loads comes from the same server, and its policy
// would not let it load, send or run anything else.
import t from 'tap'
import { startJsonFace } from '../support/json-face.js'

t.test('the page asks no other host for anything, and could not', async t => {
  const face = await startJsonFace(t)
  const page = await face.ask('GET', '/docs', { as: null })

  t.equal(page.status, 200)
  t.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  t.same(page.headers.get('content-security-policy')?.split('; '), [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])
  t.equal(page.headers.get('referrer-policy'), 'no-referrer')
  t.equal(page.headers.get('x-content-type-options'), 'nosniff')
  t.notMatch(page.text, /(?:src|href)="(?:\w+:|\/\/)/, 'no other host')
  t.notMatch(page.text, /<script>|<style|\sstyle=|\son\w+=/, 'nothing that the policy would block')

  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
  t.equal(loaded.length, 5)
  for (const path of loaded) {
    const { status, headers, text } = await face.ask('GET', `/${path}`, { as: null })
    t.equal(status, 200, path)
    t.ok(text.length > 0, path)
    const mayRun = /script-src 'self'/.test(headers.get('content-security-policy') ?? '')
    t.equal(mayRun, !path.endsWith('.json'), `${path} has the policy of the page, and data that of all answers`)
  }
})

t.test(
  'with a slash behind its path the page would load nothing, so the browser is led to the one without',
  async t => {
    const face = await startJsonFace(t)

    for (const path of ['/docs/', '/docs/?a=/b']) {
      const { status, headers } = await fetch(face.url + path, { redirect: 'manual' })
      t.equal(status, 308)
      t.equal(new URL(headers.get('location') ?? '', face.url + path).href, `${face.url}/docs`)
    }
    t.equal((await fetch(`${face.url}/docs?a=/`, { redirect: 'manual' })).status, 200)
  },
)

t.test('what the page loads has the type that a browser insists on', async t => {
  const face = await startJsonFace(t)
  const typeOf = async (path: string) => (await face.ask('GET', path, { as: null })).headers.get('content-type')

  t.equal(await typeOf('/docs/swagger-ui-bundle.js'), 'text/javascript; charset=utf-8')
  t.equal(await typeOf('/docs/start.js'), 'text/javascript; charset=utf-8')
  t.equal(await typeOf('/docs/swagger-ui.css'), 'text/css; charset=utf-8')
  t.equal(await typeOf('/docs/favicon-32x32.png'), 'image/png')
  t.equal((await face.ask('GET', '/docs/package.json', { as: null })).status, 404, 'nothing else of the package')
})

t.test('style sheet and start script name no place outside, and no validator is asked', async t => {
  const face = await startJsonFace(t)
  const css = (await face.ask('GET', '/docs/swagger-ui.css', { as: null })).text
  const start = (await face.ask('GET', '/docs/start.js', { as: null })).text

  const places = [...css.matchAll(/url\(\s*["']?(\w*)/g)].map(([, scheme]) => scheme)
  t.same(new Set(places), new Set(['data']))
  t.notOk(css.includes('@import'))
  t.match(start, /validatorUrl: null/)
  t.match(start, /url: 'v1\/openapi\.json'/)
  t.notMatch(start, /\/\//)
})
