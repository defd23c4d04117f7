// Reading undoes writing, for random values of every type of the schema, whatever a client does to order and prefixes.
import { deepStrictEqual } from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { utcZone } from '../../src/soap/codec/codec-date-time.js'
import type { Finding } from '../../src/soap/codec/codec-findings.js'
import { xsiNamespace } from '../../src/soap/codec/codec-namespaces.js'
import { decodeCompiler } from '../../src/soap/codec/compile-decode.js'
import { encodeCompiler } from '../../src/soap/codec/compile-encode.js'
import { parseWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import type { ComplexShape, WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { createXmlReader, defaultXmlLimits } from '../../src/soap/xml/xml-reader.js'
import { arbitraryValue } from '../contract/shape-values.js'

const model = await parseWsdlModel(readFileSync(new URL('../../wsdl/mktows-3_1.wsdl', import.meta.url), 'utf8'))
const decoderOf = decodeCompiler(model)
const encoderOf = encodeCompiler(model, { prefix: 'w', zone: utcZone })

/** Types that an element can be declared to have without xsi:type. */
const typeNames = [...model.complexTypes.values()].filter(type => type.derived.length === 0).map(type => type.name)

function write(type: string, value: object): string {
  const content = encoderOf(type)(value, { usesXsi: false })
  return `<w:x xmlns:w="${model.targetNamespace}" xmlns:xsi="${xsiNamespace}">${content}</w:x>`
}

function read(type: string, text: string) {
  const findings: Finding[] = []
  const unknown: string[] = []
  const reader = createXmlReader(text, defaultXmlLimits)
  reader.nextChild()
  const value = decoderOf(type)(reader, 'x', { findings, onUnknown: ({ path }) => unknown.push(path) })
  reader.finish()
  return { value, findings, unknown }
}

const anyTypeAndValue = fc
  .constantFrom(...typeNames)
  .chain(type => arbitraryValue(model, type).map(value => ({ type, value })))

t.test('what was written is read back, nothing unknown and nothing to complain about', async () => {
  fc.assert(
    fc.property(anyTypeAndValue, ({ type, value }) => {
      deepStrictEqual(read(type, write(type, value)), { value, findings: [], unknown: [] })
    }),
    { numRuns: 1500 },
  )
})

t.test('every type of the schema can be written and read', async () => {
  for (const type of typeNames) {
    fc.assert(
      fc.property(arbitraryValue(model, type), value => {
        deepStrictEqual(read(type, write(type, value)).value, value)
      }),
      { numRuns: 5 },
    )
  }
})

t.test('neither the order of elements nor a namespace on all of them changes what is read', async () => {
  // Twenty ranks: no type has more elements than that.
  const ranks = fc.array(fc.nat(), { minLength: 20, maxLength: 20 })

  fc.assert(
    fc.property(anyTypeAndValue, ranks, ({ type, value }, order) => {
      const content = encodeCompiler(withFieldsIn(order), { prefix: 'w', zone: utcZone })(type)(value, {
        usesXsi: false,
      })
      const { targetNamespace: uri } = model
      const text = `<x xmlns="${uri}" xmlns:w="${uri}" xmlns:xsi="${xsiNamespace}">${content}</x>`

      deepStrictEqual(read(type, text), { value, findings: [], unknown: [] })
    }),
    { numRuns: 300 },
  )
})

/** The model of a client that sorts the elements of each type in its own way. */
function withFieldsIn(order: readonly number[]): WsdlModel {
  const sorted = (type: ComplexShape): ComplexShape => {
    const ranked = type.fields.map((field, i) => ({ field, rank: order[i]! })).sort((a, b) => a.rank - b.rank)
    return { ...type, fields: ranked.map(({ field }) => field) }
  }
  return { ...model, complexTypes: new Map([...model.complexTypes].map(([name, type]) => [name, sorted(type)])) }
}

t.test('no text of a value makes reading throw', async () => {
  const anyText = fc.string({ unit: 'grapheme', maxLength: 12 }).map(text => text.replaceAll(/[<&>\p{Cc}]/gu, ''))

  fc.assert(
    fc.property(anyText, anyText, anyText, (id, flag, time) => {
      const lead = `<leadRecord><Id>${id}</Id></leadRecord><returnLead>${flag}</returnLead>`
      const syncLead = read('ParamsSyncLead', `<x>${lead}</x>`)
      const position = read('StreamPosition', `<x><oldestCreatedAt>${time}</oldestCreatedAt></x>`)

      for (const finding of [...syncLead.findings, ...position.findings]) {
        deepStrictEqual(finding.path.startsWith('x.') && finding.message.startsWith('expected '), true)
      }
    }),
    { numRuns: 500 },
  )
})
