// Which names of requests are taken over from callers.
import t from 'tap'
import { requestIdOf } from '../../src/http/request-id.js'

const idFor = (given: string | undefined): string => requestIdOf({ headers: { 'x-request-id': given } })

t.test('a short plain id is taken over', async t => {
  for (const id of ['a', '7c6f2b1e-94a1-4f2e-8f4e-0d6a1f3a5b11', 'e42b#14272d07d78', 'x'.repeat(128)]) {
    t.equal(idFor(id), id)
  }
})

t.test('anything else is replaced by a random one', async t => {
  for (const id of [undefined, '', ' ', 'x'.repeat(129), 'a b', 'a\nb', '"a"', '<a>', 'ada@example.org', 'ü']) {
    t.match(idFor(id), /^[0-9a-f]{32}$/)
  }
  t.not(idFor(undefined), idFor(undefined))
})
