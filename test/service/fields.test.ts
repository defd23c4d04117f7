// The fields that exist at this moment.
import t from 'tap'
import { fieldNameLengthMax } from '../../src/domain/field.js'
import { Fields } from '../../src/service/fields.js'
import { createMemoryStore } from '../support/memory-store.js'

const strict = { acceptUnknown: false }

t.test('a custom field is found by its name and by its JSON name', async t => {
  const fields = await Fields.load(createMemoryStore(), strict)

  const added = await fields.add({ name: 'Favourite Colour', label: 'Colour', type: 'string' })

  const field = {
    name: 'Favourite Colour',
    jsonName: 'favourite Colour',
    label: 'Colour',
    type: 'string',
    isReadOnly: false,
    isCustom: true,
  }
  t.strictSame(added, { type: 'added', field })
  t.strictSame(fields.dictionary.find('FAVOURITE colour'), field)
})

t.test('a name that a field has, in any letter case, is refused', async t => {
  const fields = await Fields.load(createMemoryStore(), strict)
  await fields.add({ name: 'Colour', label: 'Colour', type: 'string' })

  for (const name of ['Colour', 'COLOUR', 'Email', 'email', 'firstname'])
    t.match(await fields.add({ name, label: 'x', type: 'string' }), { type: 'refused', problem: /there is a field/ })
})

t.test('a name must be one that a caller can write and a reader can read', async t => {
  const fields = await Fields.load(createMemoryStore(), strict)
  const bad = ['', ' x', '-x', 'x\n', 'x<y', 'x"y', 'x\u200By', 'x'.repeat(fieldNameLengthMax + 1)]
  const good = ['x', '_x', '\u00DCbung (2)', 'A & B/C-D.E', 'x'.repeat(fieldNameLengthMax)]

  for (const name of bad) t.match(await fields.add({ name, label: 'x', type: 'string' }), { type: 'refused' }, name)
  for (const name of good) t.match(await fields.add({ name, label: 'x', type: 'string' }), { type: 'added' }, name)
})

t.test('a name that every object knows already is no name for a field', async t => {
  const fields = await Fields.load(createMemoryStore(), strict)

  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
    t.match(await fields.add({ name, label: 'x', type: 'string' }), { type: 'refused' }, name)
})

t.test('a field that another process added is found when its name comes', async t => {
  const store = createMemoryStore()
  const [here, there] = [await Fields.load(store, strict), await Fields.load(store, strict)]
  await there.add({ name: 'Colour', label: 'Colour', type: 'string' })

  t.equal(here.dictionary.find('Colour'), undefined)
  t.strictSame(await here.unknownAmong(['City', 'colour', 'Taste']), ['Taste'])
  t.ok(here.dictionary.find('Colour'))
})

t.test('of two processes that add the same field one is first, and both know it then', async t => {
  const store = createMemoryStore()
  const [here, there] = [await Fields.load(store, strict), await Fields.load(store, strict)]

  t.match(await there.add({ name: 'Colour', label: 'Colour', type: 'string' }), { type: 'added' })
  t.match(await here.add({ name: 'Colour', label: 'Colour', type: 'integer' }), { type: 'refused' })
  t.equal(here.dictionary.find('Colour')?.type, 'string')
})

t.test('where the operator allows it, an unknown name becomes a field of type string', async t => {
  const store = createMemoryStore()
  const fields = await Fields.load(store, { acceptUnknown: true })

  t.strictSame(await fields.unknownAmong(['Colour', 'colour', 'bad\nname', 'City']), ['bad\nname'])
  t.strictSame(
    (await store.customFields()).map(({ name, type }) => [name, type]),
    [['Colour', 'string']],
  )
})

t.test('there is an end to custom fields', async t => {
  const store = createMemoryStore()
  for (let number = 0; number < 1_000; number++) {
    const name = `Field ${number}`
    await store.addField({ name, jsonName: name, label: name, type: 'string', isReadOnly: false, isCustom: true })
  }
  const fields = await Fields.load(store, { acceptUnknown: true })

  t.match(await fields.add({ name: 'One more', label: 'x', type: 'string' }), { type: 'refused', problem: /1000/ })
  t.strictSame(await fields.unknownAmong(['One more']), ['One more'])
})
