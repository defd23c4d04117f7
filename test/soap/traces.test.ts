// What is kept of the calls of a traced caller: enough to help, and nothing of whom they are about.
import fc from 'fast-check'
import t from 'tap'
import type { TracedCall } from '../../src/service/traces/traces.js'
import { transcriptOf } from '../../src/service/traces/transcript.js'
import { createCallTracer } from '../../src/soap/traces/call-tracer.js'
import { aHashAddress } from '../support/builders.js'
import { tracesOver } from '../support/checks.js'
import { envelopeCorpus } from '../support/envelope-corpus.js'
import { createMemoryStore } from '../support/memory-store.js'
import {
  aGetLead,
  aMessage,
  aSoapFace,
  aSyncLead,
  callTime,
  callTimestamp,
  someAttributes,
  users,
  writerId,
} from '../support/soap-face.js'
import { drawFrom, mutantOf } from '../support/xml-mutants.js'

/** A face whose writer is traced, and the calls that were kept, oldest first. */
async function aTracedFace() {
  const store = createMemoryStore()
  const traces = tracesOver(store, () => callTime)
  const face = await aSoapFace({ store, tracer: createCallTracer(traces, aHashAddress) })
  await traces.start(writerId, { minutes: 60, calls: 1_000, by: 'ada' })
  const kept = async (): Promise<readonly TracedCall[]> =>
    [...(await traces.calls(writerId, { before: null, limit: 1_000 }))].reverse()
  const lastTranscript = async (): Promise<string> => {
    const [call] = await traces.calls(writerId, { before: null, limit: 1 })
    return transcriptOf(writerId, call!)
  }
  return { ...face, traces, kept, lastTranscript }
}

t.test('an envelope keeps its structure, and each value becomes its kind and length', async t => {
  const face = await aTracedFace()

  await face.post(
    aSyncLead(
      `<Email>Ada@example.org</Email><ForeignSysType xsi:nil="true"/>${someAttributes(['FirstName', 'Zoë'])}`,
      '<returnLead>true</returnLead><marketoCookie><![CDATA[id:561]]></marketoCookie><!-- for Ada --><mystery a="b"/>',
    ),
  )

  const hash = aHashAddress('ada@example.org' as never).slice(0, 16)
  const [call] = await face.kept()
  const signature = `<requestSignature>[signature of 40, small hex characters]</requestSignature>`
  t.match(call, { isProven: true, operation: 'syncLead', status: 200, fault: null, requestId: 'request-1' })
  t.match(call!.request.text, `<mktowsUserId>${writerId}</mktowsUserId>${signature}`)
  t.match(call!.request.text, `<requestTimestamp>${callTimestamp}</requestTimestamp>`)
  t.match(
    call!.request.text,
    `<leadRecord><Email>[address ${hash} 15]</Email><ForeignSysType xsi:nil="true"/><leadAttributeList><attribute>` +
      '<attrName>FirstName</attrName><attrValue>[text 3, not ASCII]</attrValue></attribute></leadAttributeList>' +
      '</leadRecord><returnLead>true</returnLead><marketoCookie><![CDATA[[text 6]]]></marketoCookie>' +
      '<!--[comment 16]--><mystery a="[text 1]"/>',
  )
  t.match(call!.reply.text, `<Email>[address ${hash} 15]</Email>`, 'the same address has the same name in the reply')
  t.match(call!.reply.text, '<status>CREATED</status>')
  t.match(call!.reply.text, '<leadId>[integer 10]</leadId>')
})

t.test('a namespace that is not of the contract is told by how far it is like one', async t => {
  const face = await aTracedFace()
  const good = aGetLead('EMAIL', 'ada@example.org')

  await face.post(good.replace('http://www.marketo.com/mktows/', 'http://www.marketo.com/mktows'))
  await face.post(good.replace('http://www.marketo.com/mktows/', 'urn:ada'))

  const [nearly, other] = (await face.kept()).map(call => call.request.text)
  t.match(nearly, 'xmlns:ns1="[text 29] whose first 29 are those of http://www.marketo.com/mktows/"')
  t.match(other, 'xmlns:ns1="[text 7]"')
})

t.test('a fault is kept without what it repeats', async t => {
  const face = await aTracedFace()

  await face.post(aGetLead('EMAIL', 'nobody@example.org'))
  t.match(await face.lastTranscript(), /getLead: 500, 20103, /)
  t.match(await face.lastTranscript(), /<message>No lead found with EMAIL = \[address [0-9a-f]{16} 18\] \(20103\)</)

  await face.post(aSyncLead('<Id>12abc</Id><Email>ada@example.org</Email>', '<returnLead>maybe</returnLead>'))
  const sentence =
    "paramsSyncLead.leadRecord.Id: expected a whole number from -2147483648 to 2147483647, got '[text 5]'; " +
    "paramsSyncLead.returnLead: expected true, false, 1 or 0, got '[text 5]' (20110)"
  t.ok((await face.lastTranscript()).includes(sentence), await face.lastTranscript())

  await face.post(aSyncLead(`<Email>ada@example.org</Email>${someAttributes(['Favourite Colour', 'green'])}`))
  t.match(await face.lastTranscript(), '<attrName>Favourite Colour</attrName>', 'which field it was must be seen')
  t.match(await face.lastTranscript(), 'unknown fields for import: Favourite Colour (20105)')
})

t.test('headers that say something of the client are kept, as far as they are no value', async t => {
  const face = await aTracedFace()
  const ask = (headers: object) =>
    face.endpoint.answer(face.contract, {
      ...{ body: Buffer.from(aGetLead('EMAIL', 'ada@example.org')), requestId: 'r', path: '/soap/mktows/3_1' },
      ...headers,
    })

  await ask({
    ...{ contentType: 'text/xml; charset=utf-8', soapAction: '"http://www.marketo.com/mktows/getLead"' },
    userAgent: 'PHP-SOAP/8.2.35',
  })
  await ask({ contentType: 'text/xml; of=ada@example.org', soapAction: '"ada"', userAgent: 'for ada@example.org' })

  const [plain, odd] = (await face.kept()).map(call => call.request.headers)
  t.same(plain, [
    ['Content-Type', 'text/xml; charset=utf-8'],
    ['SOAPAction', '"http://www.marketo.com/mktows/getLead"'],
    ['User-Agent', 'PHP-SOAP/8.2.35'],
  ])
  t.notMatch(JSON.stringify(odd), /ada|example/)
})

t.test('who is not traced is not kept, nor is who only claims a name where nobody is traced', async t => {
  const face = await aTracedFace()

  await face.post(aGetLead('EMAIL', 'ada@example.org', { as: 'reader' }))
  await face.post('<unreadable')
  t.same(await face.kept(), [])

  await face.traces.start(writerId, { minutes: 0, calls: 1_000, by: 'ada' })
  await face.post(aGetLead('EMAIL', 'ada@example.org'))
  t.same(await face.kept(), [], 'after its end')
})

t.test('calls that nobody proved are kept apart: a wrong signature, a message that breaks', async t => {
  const face = await aTracedFace()
  const good = aGetLead('EMAIL', 'ada@example.org')

  await face.post(good.replace(/<requestSignature>[^<]*/, '<requestSignature>ABCDEF'))
  await face.post(good.slice(0, good.indexOf('ada@') + 4))
  await face.post(Buffer.from(good.replace('ada@', 'zoë@'), 'latin1'))

  const kept = await face.kept()
  t.match(kept, [
    { isProven: false, fault: '20014' },
    { isProven: false, fault: '20012' },
    { isProven: false, fault: '20018' },
  ])
  t.match(kept[0]!.request.text, '[signature of 6, capital hex characters]')
  t.match(kept[1]!.request.text, /<keyType>\[text 5\]<\/keyType><keyValue>\[text 4\]$/)
  t.notMatch(kept[2]!.request.text, /zo|example/)
})

t.test('a long message keeps its beginning, and its fault still repeats nothing', async t => {
  const face = await aTracedFace()
  const records = Array.from({ length: 3_000 }, (_, i) => `<leadRecord><Email>p${i}@example.org</Email></leadRecord>`)
  const last = '<leadRecord><Email>a@b.example</Email><Id>Lovelace</Id></leadRecord>'

  const list = `<leadRecordList>${records.join('')}${last}</leadRecordList>`
  await face.post(aMessage(`<ns1:paramsSyncMultipleLeads>${list}</ns1:paramsSyncMultipleLeads>`))

  const [call] = await face.kept()
  t.ok(call!.request.text.length < 40_000)
  t.match(call!.request.text, /\[cut here; it has \d+ characters\]/)
  t.equal(call!.fault, '20110')
  t.notMatch(JSON.stringify(call), /Lovelace|@/)

  // Behind a million characters nobody looks, so nobody knows what the fault repeats.
  await face.post(aGetLead('COOKIE', 'Lovelace').replace('<leadKey>', `<!--${'x'.repeat(1_000_000)}--><leadKey>`))
  const [, longer] = await face.kept()
  t.equal(longer!.fault, '20103')
  t.notMatch(JSON.stringify(longer), /Lovelace/)
})

// Of letters that stand together in no word of ours, so that whatever is found came from the value.
const secretWord = fc.stringMatching(/^q[xzjvkwXZJé0-9]{7,14}( [xzjvkw]{4,8})?$/)
const address = fc.stringMatching(/^x[xzjvkw0-9.+]{0,6}[xzjvkw]{3}@[xzjvkw]{5,10}\.qz$/)

t.test('no address, value or signature of a call is in what is kept of it', async () => {
  const face = await aTracedFace()
  const messages = fc.record({
    ...{
      email: address,
      first: secretWord,
      company: secretWord,
      cookie: secretWord,
      id: fc.integer({ min: 234_567_891, max: 987_654_321 }),
    },
    ...{ header: secretWord, attribute: secretWord, comment: secretWord },
    ...{ unsubscribed: secretWord, foreignId: secretWord, seed: fc.integer({ min: 0, max: 0xffffffff }) },
  })
  await fc.assert(
    fc.asyncProperty(messages, async ({ seed, ...values }) => {
      const { email, first, company, cookie, header, attribute, comment, foreignId } = values
      const whole = aSyncLead(
        `<Id>${values.id}</Id><Email a="${attribute}">${email}</Email><ForeignSysPersonId>${foreignId}` +
          `</ForeignSysPersonId><ForeignSysType>${foreignId}</ForeignSysType>` +
          someAttributes(['FirstName', first], ['Company', `${company}&#233;`], ['Unsubscribed', values.unsubscribed]),
        `<returnLead>${first}</returnLead><marketoCookie><![CDATA[${cookie}]]></marketoCookie><!--${comment}-->`,
        { blocks: `<ClientRequestId>${header}</ClientRequestId><Password>${header}</Password>` },
      )
      const draw = drawFrom(seed)
      const messages = [whole, aGetLead('EMAIL', email), aGetLead('COOKIE', cookie), aGetLead('IDNUM', first)]
      const before = (await face.kept()).length

      for (const message of messages) await face.post(message)
      for (let i = 0; i < 6; i++) await face.post(mutantOf([whole], draw))

      // What is put into a name of a message that can be read is a name.
      const isMeant = ({ fault }: TracedCall, index: number) => index < messages.length || fault === '20012'
      const kept = JSON.stringify((await face.kept()).slice(before).filter(isMeant)).toLowerCase()
      const signature = /<requestSignature>([^<]*)/.exec(whole)![1]!
      for (const value of [...Object.values(values), signature, users.writer.key]) {
        // A mutant may have cut it in two.
        for (const part of windowsOf(String(value).toLowerCase()))
          if (kept.includes(part)) throw new Error(`'${part}' of '${value}' is in what was kept (seed ${seed})`)
      }
      await face.traces.drop(writerId)
      await face.traces.start(writerId, { minutes: 60, calls: 1_000, by: 'ada' })
    }),
    { numRuns: 100, endOnFailure: true },
  )
})

// Six characters in a row; ASCII ones, since others may be escaped in what is kept. Times, lengths and hashes are full
// of digits, so more of those.
function windowsOf(value: string): string[] {
  const length = /^[0-9a-f]+$/.test(value) ? Math.min(value.length, 16) : 6
  const starts = Array.from({ length: Math.max(1, value.length - length + 1) }, (_, start) => start)
  return starts.map(start => value.slice(start, start + length)).filter(part => /^[ -~]{5,}$/.test(part))
}

t.test('of a message that broke, a tag that swallowed a value is gone', async t => {
  const face = await aTracedFace()
  const good = aSyncLead(`<Email>ada@example.org</Email>${someAttributes(['FirstName', 'Lovelace'])}`)

  await face.post(good.replace('<attrValue>', '<attrValue'))
  await face.post(good.replace('<attrValue>Lovelace', '<Lovelace>'))
  await face.post(good.replace('<attrValue>Lovelace', '<Love:attrValue>'))
  await face.post(good.replace('<attrValue>Lovelace</attrValue>', '<attrValue Lovelace="Lovelace">'))

  const kept = await face.kept()
  t.same(
    kept.map(({ fault }) => fault),
    ['20012', '20012', '20012', '20012'],
  )
  t.notMatch(JSON.stringify(kept), /love|lace/i)
  t.match(kept[3]!.request.text, '<attrValue _8="[text 8]">')
})

t.test('any message at all leaves something that can be read, in bounded time', async t => {
  const face = await aTracedFace()
  const draw = drawFrom(7)
  const hostile = [
    '<'.repeat(200_000),
    '<a b='.repeat(50_000),
    '<!--',
    `<a ${'x'.repeat(300_000)}`,
    '&#'.repeat(100_000),
  ]
  const mutants = envelopeCorpus.flatMap(message => [message, mutantOf([message], draw)])
  for (const message of [...hostile, ...mutants]) await face.post(`${message}<!--${writerId}-->`)

  t.ok((await face.kept()).length > 30)
  t.same(face.defects, [])
})
