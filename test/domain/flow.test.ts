// What may be a flow, and what its placeholders become.
import t from 'tap'
import { FieldDictionary } from '../../src/domain/field.js'
import { type FlowStep, fillFlow, flowProblems, flowReason, type NewFlow, tokenName } from '../../src/domain/flow.js'
import { standardFields } from '../../src/domain/standard-fields.js'

const dictionary = new FieldDictionary(standardFields)

function aFlow(steps: readonly FlowStep[], traits: Partial<NewFlow> = {}): NewFlow {
  return { name: 'Opt out', program: null, description: '', steps, listId: null, ...traits }
}

const problemsOf = (field: string, value: string | null) => flowProblems(aFlow([{ field, value }]), dictionary)

function filled(steps: readonly FlowStep[], tokens: Readonly<Record<string, string>> = {}) {
  return fillFlow(steps, new Map(Object.entries(tokens)), dictionary)
}

t.test('a flow may set and clear every field that callers may write, under either of its names', async t => {
  const steps = [
    { field: 'unsubscribed', value: 'true' },
    { field: 'UnsubscribedReason', value: 'asked on {{my.day}}, {{ my.who }}' },
    { field: 'leadScore', value: '{{my.score}}' },
    { field: 'City', value: null },
  ]

  t.strictSame(flowProblems(aFlow(steps), dictionary), [])
})

t.test('what could not be carried out later is refused when the flow is defined', async t => {
  t.match(problemsOf('NoSuchField', 'x'), ['NoSuchField: there is no such field'])
  t.match(problemsOf('Email', 'x@example.org'), [/^Email: an address belongs to one person/])
  t.match(problemsOf('Unsubscribed', null), [/^Unsubscribed: it is set to true or false/])
  t.match(problemsOf('Unsubscribed', 'perhaps'), ["Unsubscribed: expected true or false, got 'perhaps'"])
  t.match(problemsOf('LeadScore', 'many'), [/^LeadScore: expected a whole number/])
  t.match(problemsOf('City', ' '), [/^City: expected a value/])
  t.match(problemsOf('City', 'in {{lead.City}}'), [
    'City: expected placeholders such as {{my.name}}, got {{lead.City}}',
  ])
  t.match(flowProblems(aFlow([]), dictionary), ['expected a field to set or to clear, got none'])
  const twice = ['City', 'city'].map(field => ({ field, value: 'Rome' }))
  t.match(flowProblems(aFlow(twice), dictionary), ['city: expected one step for it, got two'])
  const readOnly = standardFields.find(({ isReadOnly }) => isReadOnly)!
  t.match(problemsOf(readOnly.name, 'x'), [`${readOnly.name}: nobody may write it`])
})

t.test('names have an end and no blanks at it, and all problems are told at once', async t => {
  const problems = flowProblems(aFlow([], { name: ' x', program: 'p'.repeat(256) }), dictionary)

  t.match(problems, [/^name: /, /^program: /, /^expected a field/])
})

t.test('placeholders become the values of their tokens, byte for byte and once', async t => {
  const steps = [
    { field: 'City', value: '{{my.a}} and {{ MY.B }}' },
    { field: 'Unsubscribed', value: '{{my.out}}' },
    { field: 'Company', value: null },
  ]

  t.strictSame(filled(steps, { 'my.a': '$& {{my.b}}', 'my.b': ' b ', 'my.out': 'Yes', 'my.other': 'x' }), {
    type: 'changes',
    changes: { unsubscribed: true, fields: { City: '$& {{my.b}} and  b ', Company: null } },
  })
})

t.test('a flow that says nothing of the flag leaves it alone', async t => {
  t.match(filled([{ field: 'City', value: 'Rome' }]), {
    changes: { unsubscribed: undefined, fields: { City: 'Rome' } },
  })
})

t.test('a token without a value, or one that makes no value of the field, makes the run impossible', async t => {
  t.match(filled([{ field: 'City', value: 'x {{my.a}}' }]), {
    type: 'not-possible',
    problem: 'City: expected a value for the token {{my.a}}',
  })
  t.match(filled([{ field: 'LeadScore', value: '{{my.a}}' }], { 'my.a': 'many' }), {
    type: 'not-possible',
    problem: "LeadScore: expected a whole number, got 'many'",
  })
})

t.test('tokens are named with or without braces, in any letter case', async t => {
  t.strictSame(['{{my.Day}}', ' {{ my.day }} ', 'My.Day'].map(tokenName), ['my.day', 'my.day', 'my.day'])
})

t.test('the reason has the recorded form, with the program where there is one', async t => {
  t.equal(flowReason('Opt out', null), 'Changed by Smart Campaign Opt out action Change Data Value')
  t.equal(flowReason('Opt out', 'Spring'), 'Changed by Smart Campaign Spring.Opt out action Change Data Value')
})
