// Whatever bytes arrive, the endpoint answers with a reply or a fault that another parser can read, and never meets an
// error that it did not expect.

import fc from 'fast-check'
import { XMLValidator } from 'fast-xml-parser'
import t from 'tap'
import { aGetLead, aSoapFace, aSyncLead, someAttributes } from '../support/soap-face.js'

const messages = [
  aSyncLead(
    `<Id>5</Id><Email>ada@x.example</Email><ForeignSysPersonId>F</ForeignSysPersonId>${someAttributes(
      ['City', 'Turin'],
      ['Unsubscribed', '1'],
      ['LeadScore', '7'],
    )}`,
    '<returnLead>true</returnLead><marketoCookie>c</marketoCookie><moveCookie>true</moveCookie>',
  ),
  aGetLead('EMAIL', 'ada@x.example'),
  aGetLead('IDNUM', '5'),
]

const snippets = [
  '<',
  '>',
  '&',
  '&#0;',
  '&amp;',
  '"',
  "'",
  '/',
  '<!--',
  ']]>',
  '<![CDATA[',
  '<?',
  '\u0000',
  '\uFFFF',
  '\uD800',
  ' ',
  '',
  '-1',
  '99999999999',
  '1e9',
  'null',
  'true',
  '@',
  '__proto__',
  'constructor',
  'toString',
  'xsi:nil="true"',
  'xmlns=""',
  '<Id/>',
  '<Id>x</Id>',
  '<id>7</id>',
  '<Email>é@ü.example</Email>',
  '<constructor>x</constructor>',
]

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 0, max: 30 }),
  text: fc.oneof(fc.constantFrom(...snippets), fc.string({ maxLength: 20 })),
})

// Between two tags lies a value: edits there reach past the reader into the rules.
const valueEdit = fc.record({ which: fc.nat(), text: fc.oneof(fc.constantFrom(...snippets), fc.string()) })

function withEdits(message: string, edits: readonly { at: number; length: number; text: string }[]): string {
  return edits.reduce((text, { at, length, text: piece }) => {
    const start = Math.floor(at * text.length)
    return text.slice(0, start) + piece + text.slice(start + length)
  }, message)
}

function withValue(message: string, { which, text }: { which: number; text: string }): string {
  const body = message.indexOf('<SOAP-ENV:Body>')
  const values = [...message.slice(body).matchAll(/(?<=>)[^<>]+(?=<)/g)]
  // An earlier edit may have emptied the only value there was.
  if (values.length === 0) return message
  const { index, 0: value } = values[which % values.length]!
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return message.slice(0, body + index) + escaped + message.slice(body + index + value.length)
}

for (const acceptUnknownFields of [false, true]) {
  const title = `unknown fields ${acceptUnknownFields ? '' : 'not '}accepted`
  t.test(`any message gets a readable answer, ${title}`, async t => {
    const face = await aSoapFace({ acceptUnknownFields })
    const original = fc.constantFrom(...messages)
    const message = fc.oneof(
      fc.tuple(original, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([text, edits]) => withEdits(text, edits)),
      fc
        .tuple(original, fc.array(valueEdit, { minLength: 1, maxLength: 3 }))
        .map(([text, e]) => e.reduce(withValue, text)),
    )
    await fc.assert(
      fc.asyncProperty(message, async text => {
        const reply = await face.post(text)
        const isFault = reply.body.includes('<SOAP-ENV:Fault>')
        return XMLValidator.validate(reply.body) === true && isFault === (reply.status === 500)
      }),
      { numRuns: 1_500 },
    )

    t.same(face.defects, [])
  })
}
