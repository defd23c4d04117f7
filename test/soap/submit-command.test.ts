// Every rejection of the domain has a fault of the old wire, and every answer of the service one too.
import t from 'tap'
import type { Rejection } from '../../src/domain/command.js'
import type { Answer } from '../../src/service/writes/submission.js'
import { outcomeOf, rejectionFault } from '../../src/soap/operations/submit-command.js'
import { aKey } from '../support/builders.js'

t.test('a rejection is told by the code that clients know for it', async t => {
  const key = aKey()
  const cases: readonly (readonly [Rejection, string, RegExp | string])[] = [
    [{ type: 'identity-required' }, '20101', /expected Id, Email, ForeignSysPersonId or marketoCookie/],
    [{ type: 'person-not-found', by: 'id', value: '5' }, '20103', 'No lead found with IDNUM = 5'],
    [{ type: 'person-not-found', by: 'address', value: 'a@x' }, '20103', 'No lead found with EMAIL = a@x'],
    [{ type: 'person-not-found', by: 'cookie', value: 'c' }, '20103', 'No lead found with COOKIE = c'],
    [{ type: 'person-not-found', by: 'foreign-id', value: 'F' }, '20103', 'No lead found with ForeignSysPersonId = F'],
    [
      { type: 'resubscribe-refused', key, personId: 1, missing: ['admin-role', 'reason', 'evidence'], reasons: [] },
      '20106',
      /needs a credential with the role admin, a stated reason, evidence$/,
    ],
    [{ type: 'version-moved', key, expected: 1, actual: 2 }, '20106', /has changed$/],
    [{ type: 'person-moved', personId: 5, actual: { updatedAt: 1, statusVersion: 2 } }, '20106', /has changed$/],
    [{ type: 'several-people', address: 'a@x', count: 2 }, '20106', /several leads have the e-mail address$/],
  ]

  for (const [rejection, code, message] of cases) t.match(rejectionFault(rejection, 'syncLead'), { code, message })
})

t.test('a fault about an address does not repeat the address that the caller may not know', async t => {
  const { message } = rejectionFault(
    { type: 'resubscribe-refused', key: aKey(), personId: 1, missing: ['reason'], reasons: [] },
    'syncLead',
  )

  t.notMatch(message, '@')
})

t.test('a call that was not repeated is answered as the first of its kind', async t => {
  const first = { type: 'updated', personId: 5, warnings: [] } as const
  const twice = { type: 'not-repeated', first: { type: 'not-repeated', first } } as const
  const answer: Answer = { type: 'carried-out', outcome: twice, effects: [], seq: 9, commandId: 'c' }

  t.same(outcomeOf(answer, 'syncLead'), { type: 'result', result: first })
})
