// Values in the text of a statement: what the server reads is what was given, and no value ever ends its quotation.
// Held against a reader of literals, against the driver's own quoting, and against the server itself.
import fc from 'fast-check'
import { format } from 'mysql2'
import t from 'tap'
import { type BatchSession, inBatchSession } from '../../src/store/batch-session.js'
import { type Engine, openEngine } from '../../src/store/engine.js'
import { statementText } from '../../src/store/mysql-text.js'
import { withDatabase } from '../support/database.js'
import { requires } from '../support/requirements.js'

const dangerous = fc.constantFrom(
  '\0',
  '\b',
  '\t',
  '\n',
  '\r',
  '\x1a',
  '"',
  "'",
  '\\',
  '?',
  '%',
  '_',
  ';',
  '--',
  '`',
  'ü',
  '😀',
  '\u0327',
  '縗',
)
const given = fc.oneof(
  fc
    .array(fc.oneof(dangerous, fc.string({ unit: 'grapheme', maxLength: 3 })), { maxLength: 12 })
    .map(parts => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc.json(),
)
// Our columns hold whole numbers only.
const literal = fc.oneof(given, fc.maxSafeInteger(), fc.boolean(), fc.constant(null))

const signs: Readonly<Record<string, string>> = { '0': '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\x1a' }

/** Reads one quoted text as the manual of MySQL says (9.1.1): its value, and what stands behind it. */
function readQuoted(text: string, { hasBackslash = true } = {}): { readonly value: string; readonly rest: string } {
  if (text[0] !== "'") throw new Error('no text begins here')
  let value = ''
  for (let at = 1; at < text.length; at++) {
    const sign = text[at]!
    if (sign === "'" && text[at + 1] !== "'") return { value, rest: text.slice(at + 1) }
    if (sign === "'") at++
    if (sign !== '\\' || !hasBackslash) value += sign
    else {
      at++
      value += signs[text[at]!] ?? text[at]!
    }
  }
  throw new Error('a text has no end')
}

t.test('a quoted text is read as it was given, and ends where it should', async t => {
  fc.assert(
    fc.property(given, given, (first, second) => {
      const text = statementText('? ?', [first, second])

      const { value, rest } = readQuoted(text)

      t.equal(value, first)
      t.same(readQuoted(rest.slice(1)), { value: second, rest: '' })
    }),
    { numRuns: 500 },
  )
})

t.test('what a tool would read otherwise is escaped, a quotation mark stands as it is', async t => {
  t.equal(statementText('?', ['{"a":1}']), `'{"a":1}'`)
  t.equal(statementText('?', ['\0\n\r\x1a\t\'\\"']), "'\\0\\n\\r\\Z\t''\\\\\"'")
})

t.test('it says what the text says that the driver would make', async t => {
  fc.assert(
    fc.property(given, value => {
      const ours = readQuoted(statementText('?', [value]))
      const drivers = readQuoted(format('?', [value]))

      t.same(ours, drivers)
    }),
    { numRuns: 500 },
  )
})

t.test('where a backslash is a sign like any other, a text still ends where it should', async t => {
  fc.assert(
    fc.property(given, value => {
      const { rest } = readQuoted(`${statementText('?', [value])} and no more`, { hasBackslash: false })

      t.equal(rest, ' and no more')
    }),
    { numRuns: 500 },
  )
})

t.test('numbers, truth values and null are written as the driver writes them, in lists and rows too', async t => {
  const plain = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
  )
  const bound = fc.oneof(
    plain,
    fc.array(plain, { minLength: 1, maxLength: 4 }),
    fc.array(fc.array(plain, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
  )
  fc.assert(
    fc.property(fc.array(bound, { maxLength: 5 }), values => {
      const sql = `select 1${', (?)'.repeat(values.length)} from dual`

      t.equal(statementText(sql, values), format(sql, values))
    }),
    { numRuns: 500 },
  )
})

t.test('what does not fit is refused and never sent', async t => {
  t.throws(() => statementText('select ?, ?', ['one']), { message: 'a statement has 2 placeholders, got 1 values' })
  t.throws(() => statementText('select 1', ['one']), { message: 'a statement has 0 placeholders, got 1 values' })
  t.throws(() => statementText('select ?', [Number.NaN]), /expected a number for a statement, got NaN/)
  t.throws(() => statementText('select ?', [Number.POSITIVE_INFINITY]), /got Infinity/)
  for (const odd of [undefined, {}, new Date(0), Symbol('odd')])
    t.throws(() => statementText('select ?', [odd as never]), /expected a text, a number, true, false or null/)
})

const inSession = <T>(engine: Engine, work: (session: BatchSession) => Promise<T>): Promise<T> =>
  inBatchSession(engine, work, () => {})

t.test('the server reads every value as it was given', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const engine = openEngine(url)
  t.teardown(() => engine.close())

  await fc.assert(
    fc.asyncProperty(fc.array(literal, { minLength: 1, maxLength: 40 }), async values => {
      const sql = `select ${values.map((_, index) => `? as c${index}`).join(', ')}`

      const [row] = await inSession(engine, session => session.rows<object>(sql, values))

      t.same(
        Object.values(row ?? {}),
        values.map(value => (typeof value === 'boolean' ? Number(value) : value)),
      )
    }),
    { numRuns: 80 },
  )
})

t.test('a session without backslashes gets no statement that was hidden in a value', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const engine = openEngine(url)
  t.teardown(() => engine.close())
  const hidden = ["\\', 'two' as two; -- ", "\\'; select 'two'; -- ", "'' \\''; select 'two'; -- "]

  const rows = await inSession(engine, async session => {
    await session.run("set session sql_mode = 'NO_BACKSLASH_ESCAPES'", [])
    const found = await session.rowsOfEach(hidden.map(value => ({ sql: 'select ? as one', values: [value] })))
    await session.run("set session sql_mode = 'STRICT_ALL_TABLES'", [])
    return found
  })

  t.same(
    rows.map(found => found.map(row => Object.keys(row as object))),
    hidden.map(() => [['one']]),
  )
})
