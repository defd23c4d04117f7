// What a log line holds, and what it never holds.
import t from 'tap'
import { createLogger, type LogLevel } from '../../src/http/logger.js'

function loggerInto(level: LogLevel = 'info') {
  const lines: string[] = []
  const logger = createLogger({ level, to: { write: line => void lines.push(line) } })
  return { logger, lines }
}

t.test('an event is one JSON line with its level, time and facts', async t => {
  const { logger, lines } = loggerInto()
  logger.info({ requestId: 'r1' }, 'listening\non a port')
  logger.debug('not at this level')

  t.equal(lines.length, 1)
  t.match(lines[0], /^[^\n]+\n$/)
  const line = JSON.parse(lines[0] ?? '')
  t.match(line, { level: 'info', pid: process.pid, requestId: 'r1', msg: 'listening\non a port' })
  t.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

t.test('credentials in headers are left out at every depth', async t => {
  const { logger, lines } = loggerInto()
  logger.info({ authorization: 'Bearer s1' })
  logger.info({ headers: { authorization: 'Bearer s2', cookie: 's3', 'x-api-key': 's4', host: 'kept' } })
  logger.info({ req: { headers: { 'proxy-authorization': 's5' } } })

  t.notMatch(lines.join(''), /s[1-5]/)
  t.match(lines.join(''), /kept/)
})

t.test('an error keeps its code, place and causes, and loses the addresses in its text', async t => {
  const { logger, lines } = loggerInto()
  const cause = Object.assign(new Error("Duplicate entry 'ada@example.org' for key"), {
    code: 'ER_DUP_ENTRY',
    sql: "insert into people values ('ada@example.org')",
  })
  logger.error({ err: new Error('the batch failed', { cause }) }, 'request failed')

  const text = lines.join('')
  const { err } = JSON.parse(text)
  t.notMatch(text, /example\.org/)
  t.match(err, {
    type: 'Error',
    message: 'the batch failed',
    stack: /logger\.test\.ts/,
    cause: { code: 'ER_DUP_ENTRY', message: "Duplicate entry '[address]' for key", stack: /logger\.test\.ts/ },
  })
  t.notOk('sql' in err.cause)
})

t.test('what is thrown but is no error is told as well, and a circle of causes ends', async t => {
  const { logger, lines } = loggerInto()
  const circle = new Error('round')
  circle.cause = circle
  const renamed = new Error('first ada@example.org')
  t.match(renamed.stack, /first/, 'a stack is written when it is first read')
  renamed.message = 'second'

  logger.error({ err: 'only a word' })
  logger.error({ err: circle })
  logger.error({ err: renamed })

  t.match(JSON.parse(lines[0] ?? ''), { err: { type: 'string', message: 'only a word' } })
  t.match(JSON.parse(lines[1] ?? ''), { err: { message: 'round' } })
  t.match(JSON.parse(lines[2] ?? ''), { err: { message: 'second', stack: /^\s+at / } })
  t.notMatch(lines[2], /example\.org/)
})
