// The comparison by which toolkits are judged: what it must let pass, and what it must not.
import t from 'tap'
import type { Answer, PlannedCall, Told } from './call.js'
import { differences } from './differences.js'

const planned: PlannedCall = {
  claim: 'two leads',
  operation: 'getLead',
  arguments: {},
  expected: {
    reply: {
      result: {
        count: 2,
        leadRecordList: {
          leadRecord: [
            { Id: /^\d+$/, Email: 'ada@example.org', ForeignSysPersonId: null },
            { Id: 7, Email: 'ada@example.org' },
          ],
        },
      },
    },
  },
}

const ada = { Id: 1, Email: 'ada@example.org', ForeignSysPersonId: null }
const twin = { Id: 7, Email: 'ada@example.org' }
const reply = (leadRecord: readonly Told[], count: Told = 2): Answer => ({
  reply: { result: { count, leadRecordList: { leadRecord } } },
})

t.test('what toolkits make differently without being wrong is no difference', async t => {
  t.same(differences(planned, reply([ada, twin]), true), [])
  t.same(differences(planned, reply([{ id: '1', email: 'ada@example.org' }, twin], '2'), true), [], 'texts, other case')
  t.same(differences(planned, { reply: { result: { count: 2, leadRecordList: [ada, twin] } } }, true), [], 'an array')
})

t.test('wrong, missing and surplus values are differences', async t => {
  t.match(differences(planned, reply([ada, { ...twin, Id: 8 }]), true), [/Id: expected 7, got 8/])
  t.match(differences(planned, reply([ada]), true), [/expected 2 items, got 1/])
  t.match(differences(planned, reply([ada, twin, twin]), true), [/expected 2 items, got 3/])
  t.match(differences(planned, reply([{ ...ada, ForeignSysPersonId: 'x' }, twin]), true), [/expected nothing, got "x"/])
  t.match(differences(planned, reply([ada, { Id: 7 }]), true), [/Email: expected ada@example.org, got undefined/])
  t.match(differences(planned, undefined, true), [/no answer/])
  t.match(differences(planned, { fault: { text: '20103 - Lead not found' } }, true), [/the fault '20103/])
})

t.test('a fault must have the text, and the code where the toolkit shows the detail', async t => {
  const refused: PlannedCall = { ...planned, expected: { fault: '20103 - Lead not found' } }
  const text = 'Client: 20103 - Lead not found'

  t.same(differences(refused, { fault: { text, code: '20103' } }, true), [])
  t.same(differences(refused, { fault: { text } }, false), [])
  t.match(differences(refused, { fault: { text } }, true), [/expected the code 20103/])
  t.match(differences(refused, { fault: { text: '20014', code: '20103' } }, true), [/expected the fault/])
  t.match(differences(refused, reply([ada, twin]), true), [/got a reply/])
})
