// The environment: every bad variable at once, no secret repeated, defaults as the README says.
import t from 'tap'
import { ConfigError, configVariables, readConfig } from '../src/config.js'

t.test('an empty environment gives the embedded store on loopback', async t => {
  const config = readConfig({})
  t.match(config, { host: '127.0.0.1', port: 8080, soapResubscribe: 'compatible', jsonResubscribe: 'guarded' })
  t.match(config.storeUrl, /^sqlite:.*\/data\/durable-unsubscribe\.db$/)
  t.ok(Object.isFrozen(config))
})

t.test('an empty variable counts as absent', async t => {
  t.equal(readConfig({ PORT: '', DATABASE_URL: '' }).port, 8080)
})

t.test('every bad variable is named, with what was expected', async t => {
  const bad = { PORT: 'http', PUBLIC_URL: 'example.org/path', UNKNOWN_FIELDS: 'maybe', TRUSTED_PROXIES: '10.0.0.0/99' }
  try {
    readConfig(bad)
    t.fail('it was taken')
  } catch (cause) {
    t.ok(cause instanceof ConfigError)
    const lines = (cause as Error).message.split('\n')
    t.same(lines.map(line => line.split(':')[0]).sort(), Object.keys(bad).sort())
    t.match(lines.join('\n'), /PORT: expected a whole number from 0 to 65535, got 'http'/)
  }
})

t.test('a bad secret is not repeated', async t => {
  t.throws(() => readConfig({ SECRET_KEY: 'short' }), /^(?!.*short)[\s\S]*at least 16/)
  t.throws(() => readConfig({ DATABASE_URL: 'mysql://me:hush@host' }), /^(?!.*hush)/)
})

t.test('limits on calls are off unless they are set', async t => {
  t.match(readConfig({}), { limitRate: null, limitConcurrency: null, limitDaily: null })
  t.match(readConfig({ LIMIT_RATE: '100', LIMIT_CONCURRENCY: '10', LIMIT_DAILY: 'off' }), {
    limitRate: 100,
    limitConcurrency: 10,
    limitDaily: null,
  })
  t.throws(() => readConfig({ LIMIT_RATE: '0', LIMIT_DAILY: 'many' }), /LIMIT_RATE: [\s\S]*LIMIT_DAILY: .*got 'many'/)
})

t.test('every variable has a name of its own and a description', async t => {
  t.equal(new Set(configVariables.map(({ name }) => name)).size, configVariables.length)
  for (const { name, description } of configVariables) t.match(description, /\.$/, name)
})
