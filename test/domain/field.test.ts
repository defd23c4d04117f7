// The forms that a value of each type may have, and how fields are found by the names that callers use.
import t from 'tap'
import {
  type Field,
  FieldDictionary,
  type FieldType,
  fieldTypes,
  fieldValueLengthMax,
  readBoolean,
  readFieldValue,
} from '../../src/domain/field.js'
import { standardFields } from '../../src/domain/standard-fields.js'

const aField = (type: FieldType, traits: Partial<Field> = {}): Field => ({
  name: 'Favourite',
  jsonName: 'favourite',
  label: 'Favourite',
  type,
  isReadOnly: false,
  isCustom: true,
  ...traits,
})
const read = (type: FieldType, text: string) => {
  const value = readFieldValue(aField(type), text)
  return value.type === 'value' ? value.value : `refused: ${value.problem}`
}
const isRefused = (type: FieldType, text: string) => readFieldValue(aField(type), text).type === 'not-a-value'
const keptAsSent = ['string', 'text', 'phone', 'email', 'url', 'datetime'] as const

t.test('text that looks like something else is kept byte for byte', async t => {
  const texts = ['04828', '12e5', '0x1A', ' a ', 'true', '1.0', '-0', '2026-01-31T00:00:00Z', 'A\u030A', '\t x\n', '😀']

  for (const type of keptAsSent) for (const text of texts) t.equal(read(type, text), text, `${type} ${text}`)
})

t.test('a blank value clears a field of any type', async t => {
  for (const type of fieldTypes) for (const blank of ['', ' ', '\t\r\n ']) t.equal(read(type, blank), null, type)
})

t.test('a boolean has four forms of yes and of no, stored as 1 and 0', async t => {
  for (const yes of ['1', 'true', 'TRUE', 'True', 'yes', ' true ']) t.equal(read('boolean', yes), '1', yes)
  for (const no of ['0', 'false', 'FALSE', 'No', ' 0\n']) t.equal(read('boolean', no), '0', no)
  for (const other of ['2', 't', 'on', '01', 'tru', 'null', '１']) t.ok(isRefused('boolean', other), other)
  t.equal(readBoolean('maybe'), undefined)
})

t.test('a refusal says what was expected and what came', async t => {
  t.equal(read('boolean', 'maybe'), "refused: expected true, false, 1 or 0, got 'maybe'")
  t.equal(read('integer', '4.5'), "refused: expected a whole number, got '4.5'")
  t.equal(read('float', 'x'.repeat(1000)), `refused: expected a number, got '${'x'.repeat(60)}'`)
})

t.test('whole numbers keep their form, up to 18 digits', async t => {
  for (const type of ['integer', 'score'] as const) {
    for (const text of ['0', '007', '-12', '+3', '9'.repeat(18)]) t.equal(read(type, text), text)
    t.equal(read(type, ' 42 '), '42')
    for (const text of ['4.0', '1e3', '0x1A', '1,000', '--1', '+', '9'.repeat(19), '４'])
      t.ok(isRefused(type, text), `${type} ${text}`)
  }
})

t.test('numbers keep their form', async t => {
  for (const type of ['float', 'currency', 'percent'] as const) {
    for (const text of ['0', '3.14', '-.5', '5.', '+1e-7', '12E5', '1e999']) t.equal(read(type, text), text)
    for (const text of ['.', 'e5', '1e', '1,5', '$5', '5%', 'NaN', 'Infinity', '0x1A', '1e1000'])
      t.ok(isRefused(type, text), `${type} ${text}`)
  }
})

t.test('a date is a day that exists; a time behind it is dropped', async t => {
  t.equal(read('date', '2026-01-31'), '2026-01-31')
  t.equal(read('date', ' 2024-02-29 '), '2024-02-29')
  t.equal(read('date', '2026-01-31 00:00:00Z'), '2026-01-31')
  t.equal(read('date', '2026-01-31T23:59:59-08:00'), '2026-01-31')
  for (const text of ['2026-02-29', '2026-13-01', '2026-00-10', '31.01.2026', '2026-1-3', '20260131', '2026-01-31x'])
    t.ok(isRefused('date', text), text)
})

t.test('a value may be as long as the limit and no longer', async t => {
  t.equal(read('text', 'x'.repeat(fieldValueLengthMax)), 'x'.repeat(fieldValueLengthMax))
  t.ok(isRefused('text', 'x'.repeat(fieldValueLengthMax + 1)))
  t.ok(isRefused('text', ' '.repeat(fieldValueLengthMax + 1)))
})

t.test('a field is found by its exact name first, then by either name in any letter case', async t => {
  const shouted = aField('string', { name: 'CITY', jsonName: 'cITY' })
  const dictionary = new FieldDictionary([...standardFields, shouted])

  t.equal(dictionary.find('City')?.isCustom, false)
  t.equal(dictionary.find('CITY'), shouted)
  t.equal(dictionary.find('city')?.isCustom, false)
  t.equal(dictionary.find('FIRSTNAME')?.name, 'FirstName')
  t.equal(dictionary.find('dateOfBirth')?.name, 'DateofBirth')
  t.equal(dictionary.find('Town'), undefined)
  t.equal(dictionary.find('__proto__'), undefined)
})

t.test('no two standard fields can be taken for each other', async t => {
  for (const name of ['name', 'jsonName'] as const) {
    const names = standardFields.map(field => field[name].toLowerCase())
    t.equal(new Set(names).size, names.length, name)
  }
})

t.test('a field is found by what people read, in any letter case; of several the first', async t => {
  const custom = { ...standardFields[0]!, name: 'Email2', label: 'EMAIL address' }
  const dictionary = new FieldDictionary([...standardFields, custom])

  t.equal(dictionary.findByLabel('email Address')?.name, 'Email')
  t.equal(dictionary.findByLabel('First Name')?.name, 'FirstName')
  t.equal(dictionary.findByLabel('FirstName'), undefined)
})
