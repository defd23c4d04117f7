// A person as legacy clients get to see it.
import t from 'tap'
import type { Field } from '../../src/domain/field.js'
import { FieldDictionary } from '../../src/domain/field.js'
import { standardFields } from '../../src/domain/standard-fields.js'
import type { PersonView } from '../../src/service/ports.js'
import { presentLead } from '../../src/soap/operations/lead-record.js'
import { aForeignId, aPerson, aStatus, type PersonTraits } from '../support/builders.js'

const custom: Field = {
  name: 'aCustom__c',
  jsonName: 'aCustom__c',
  label: 'A custom one',
  type: 'boolean',
  isReadOnly: false,
  isCustom: true,
}
const dictionary = new FieldDictionary([...standardFields, custom])

function aView(traits: PersonTraits = {}, view: Partial<PersonView> = {}): PersonView {
  const person = aPerson(traits)
  const status = person.address === null ? null : aStatus(person.address.text, 'subscribed')
  return { person, foreignIds: [], status, ...view }
}

const present = (view: PersonView) => presentLead(view, dictionary)
const attributesOf = (view: PersonView) =>
  (present(view).leadAttributeList?.attribute ?? []).map(({ attrName, attrType, attrValue }) => [
    attrName,
    attrType,
    attrValue,
  ])

t.test('a person without values has an Id, an Email and no list', async t => {
  t.strictSame(present(aView()), {
    Id: 1,
    Email: 'ada@example.org',
    ForeignSysPersonId: undefined,
    ForeignSysType: undefined,
    leadAttributeList: undefined,
  })
  t.equal(present(aView({ address: null })).Email, undefined)
})

t.test('attributes stand in the order of their names without regard to case, each with its type', async t => {
  const fields = { LeadScore: '0', City: 'Turin', aCustom__c: '1', NumberOfEmployees: '04', Website: 'x.example' }

  t.same(attributesOf(aView({ fields })), [
    ['aCustom__c', 'boolean', '1'],
    ['City', 'string', 'Turin'],
    ['LeadScore', 'score', '0'],
    ['NumberOfEmployees', 'integer', '04'],
    ['Website', 'url', 'x.example'],
  ])
})

t.test('names that differ in case alone have one order too', async t => {
  const names = (fields: Record<string, string>) => attributesOf(aView({ fields })).map(([name]) => name)

  t.same(names({ ab: '1', AB: '2' }), ['AB', 'ab'])
  t.same(names({ AB: '2', ab: '1' }), ['AB', 'ab'])
})

t.test('a boolean is 1 or left out, never a text that PHP takes for true', async t => {
  t.same(attributesOf(aView({ fields: { DoNotCall: '0', EmailInvalid: '1' } })), [['EmailInvalid', 'boolean', '1']])
  t.same(attributesOf(aView({ fields: { DoNotCall: 'false' } })), [])
})

t.test('an empty value is left out', async t => {
  t.same(attributesOf(aView({ fields: { City: '', Title: 'x' } })), [['Title', 'string', 'x']])
})

t.test('a value of a field that this process does not know yet is a string', async t => {
  t.same(attributesOf(aView({ fields: { Fresh__c: 'x' } })), [['Fresh__c', 'string', 'x']])
})

t.test('the flag is the status of the address, and never a value of the person', async t => {
  const status = aStatus('ada@example.org', 'unsubscribed')

  t.same(attributesOf(aView({ fields: { Unsubscribed: '1' }, ownUnsubscribed: true })), [])
  t.same(attributesOf(aView({}, { status })), [
    ['Unsubscribed', 'boolean', '1'],
    ['UnsubscribedReason', 'text', 'asked by phone'],
  ])
})

t.test('a person without an address shows its own flag', async t => {
  t.same(attributesOf(aView({ address: null, ownUnsubscribed: true })), [['Unsubscribed', 'boolean', '1']])
  t.same(attributesOf(aView({ address: null })), [])
})

t.test("the person's own reason goes before that of the address, and is shown only while it is out", async t => {
  const fields = { UnsubscribedReason: 'own words' }
  const status = aStatus('ada@example.org', 'unsubscribed')

  t.same(attributesOf(aView({ fields }, { status })).at(-1), ['UnsubscribedReason', 'text', 'own words'])
  t.same(attributesOf(aView({ fields })), [])
})

t.test('of the foreign ids the first that this wire has a name for is shown', async t => {
  const foreignIds = [aForeignId('x', 'hubspot'), aForeignId('003', 'SFDC'), aForeignId('1', 'CUSTOM')]

  t.match(present(aView({}, { foreignIds })), { ForeignSysPersonId: '003', ForeignSysType: 'SFDC' })
  t.match(present(aView({}, { foreignIds: foreignIds.slice(0, 1) })), {
    ForeignSysPersonId: undefined,
    ForeignSysType: undefined,
  })
})

t.test('a field that is named like a part of every object is no trap', async t => {
  const fields = Object.fromEntries([
    ['__proto__', 'p'],
    ['constructor', 'c'],
  ])

  t.same(attributesOf(aView({ fields })), [
    ['__proto__', 'string', 'p'],
    ['constructor', 'string', 'c'],
  ])
})
