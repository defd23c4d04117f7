// Reads that are asked together, over statements that a test answers itself.
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { StoreUnavailable } from '../../src/service/ports.js'
import { askTogether } from '../../src/store/together.js'

interface Statement {
  readonly keys: readonly string[]
  answer(): void
  fail(cause: Error): void
}

/** Statements wait here until the test answers them; an answer is the keys in capitals. */
function aDatabase({ keysMax = 100 } = {}) {
  const statements: Statement[] = []
  const ask = askTogether<string, ReadonlyMap<string, string>>(
    keys =>
      new Promise((resolve, reject) => {
        const answer = (): void => resolve(new Map(keys.map(key => [key, key.toUpperCase()])))
        statements.push({ keys, answer, fail: reject })
      }),
    { keysMax },
  )
  return { statements, ask, one: async (key: string) => (await ask([key])).get(key) }
}

const sent = (statements: readonly Statement[]) => statements.map(({ keys }) => keys)

t.test('questions of one turn go out in one statement, each key once', async t => {
  const { statements, ask, one } = aDatabase()

  const answers = [one('a'), one('b'), one('a'), ask(['c', 'b']).then(found => found.get('c'))]
  await nextTurn()

  t.same(sent(statements), [['a', 'b', 'c']])
  statements[0]!.answer()
  t.same(await Promise.all(answers), ['A', 'B', 'A', 'C'])
})

t.test('who comes while two statements are under way is asked for after it came, with all who wait', async t => {
  const { statements, one } = aDatabase()
  const first = one('a')
  await nextTurn()
  const second = one('b')
  await nextTurn()
  const late = [one('a'), one('c')]
  await nextTurn()
  t.same(sent(statements), [['a'], ['b']], 'the answer on its way to a is not for who came later')

  statements[0]!.answer()
  t.equal(await first, 'A')
  await nextTurn()

  t.same(sent(statements), [['a'], ['b'], ['a', 'c']])
  for (const statement of statements) statement.answer()
  t.same(await Promise.all([second, ...late]), ['B', 'A', 'C'])
})

t.test('a statement that fails fails for those who were in it, and for nobody else', async t => {
  const { statements, one } = aDatabase()
  const failed = [one('a'), one('b')]
  await nextTurn()
  const other = one('c')
  await nextTurn()
  const waiting = one('d')

  statements[0]!.fail(new Error('gone away'))
  for (const each of failed) await t.rejects(each, { message: 'gone away' })
  await nextTurn()
  for (const statement of statements.slice(1)) statement.answer()

  t.same(await Promise.all([other, waiting]), ['C', 'D'])
})

t.test('no statement takes more keys than it should, and a long question goes alone', async t => {
  const { statements, ask } = aDatabase({ keysMax: 3 })

  const answers = [['a', 'b'], ['c'], ['d'], ['e', 'f', 'g', 'h']].map(keys => ask(keys))
  await nextTurn()
  t.same(sent(statements), [['a', 'b', 'c'], ['d']])
  for (const statement of [...statements]) statement.answer()
  await Promise.all(answers.slice(0, 3))
  await nextTurn()

  t.same(sent(statements).slice(2), [['e', 'f', 'g', 'h']])
  statements[2]!.answer()
  await Promise.all(answers)
})

t.test('past a bound nobody waits', async t => {
  const { statements, one } = aDatabase()
  const refused: unknown[] = []
  const all = Array.from({ length: 2_010 }, (_, index) => one(`k${index}`).catch(cause => refused.push(cause)))
  // Statements of a hundred keys each: so many take all that were let in.
  while (statements.length < 20) {
    await nextTurn()
    for (const statement of statements) statement.answer()
  }
  await Promise.all(all)

  t.equal(refused.length, 10)
  t.ok(refused.every(cause => cause instanceof StoreUnavailable))
})
