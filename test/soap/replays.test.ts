// The same call again: named by its sender, byte-identical, or meant anew.
import t from 'tap'
import { aKey } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { aSoapFace, aSyncLead, resultOf, type SoapFace, someAttributes } from '../support/soap-face.js'

const named = (name: string, timestamp?: string) => ({
  blocks: `<ns1:ClientRequestId>${name}</ns1:ClientRequestId>`,
  ...(timestamp === undefined ? {} : { timestamp }),
})
const flag = (address: string, value: string) => `<Email>${address}</Email>${someAttributes(['Unsubscribed', value])}`
const seqOf = async (face: SoapFace) => (await face.store.head()).seq
const statusOf = async (face: SoapFace, address: string) => (await face.store.status(aKey(address))).status.status

t.test('a call with the same ClientRequestId gets the first answer and is carried out once', async t => {
  const face = await aSoapFace()
  const first = resultOf(await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named('r1'))))
  const again = resultOf(await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named('r1'))))

  t.same(again, first)
  t.equal(again.syncStatus?.status, 'CREATED')
  t.equal(await seqOf(face), 1)
})

t.test('a retry that is signed anew is still the same request', async t => {
  const face = await aSoapFace()
  const record = '<Email>a@x.example</Email>'
  const first = await face.send(aSyncLead(record, undefined, named('r1', '2026-11-20T04:00:00-08:00')))
  const again = await face.send(aSyncLead(record, undefined, named('r1', '2026-11-20T04:05:00-08:00')))

  t.same(resultOf(again), resultOf(first))
})

t.test('a ClientRequestId for another request is refused, and nothing changes', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named('r1')))

  const other = await face.send(aSyncLead('<Email>b@x.example</Email>', undefined, named('r1')))
  const misspelt = await face.send(aSyncLead('<email>a@x.example</email>', undefined, named('r1')))

  t.match(other.fault, { code: '20110', message: /ClientRequestId/ })
  t.match(misspelt.fault, { code: '20110' })
  t.equal(await seqOf(face), 1)
})

t.test('all that was sent tells one request from another: mis-spelt keys and the workspace too', async t => {
  const face = await aSoapFace()
  const context = '<ns1:MktowsContextHeader><targetWorkspace>default</targetWorkspace></ns1:MktowsContextHeader>'
  await face.send(aSyncLead('<email>a@x.example</email>', undefined, named('r1')))

  const other = await face.send(aSyncLead('<email>b@x.example</email>', undefined, named('r1')))
  const elsewhere = aSyncLead('<email>a@x.example</email>', undefined, { blocks: context + named('r1').blocks })

  t.match(other.fault, { code: '20110' })
  t.match((await face.send(elsewhere)).fault, { code: '20110' })
})

t.test('the names of one caller are not those of another', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named('r1')))
  const other = await face.send(aSyncLead('<Email>b@x.example</Email>', undefined, { ...named('r1'), as: 'admin' }))

  t.equal(other.fault, null)
})

t.test('while the first is carried out, the second is told to come again', async t => {
  const face = await aSoapFace()
  const release = face.store.holdCommits()
  const first = face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named('r1')))
  await eventually(() => face.store.isHolding, { withinMs: 5_000 })
  const second = await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named('r1')))
  release()

  t.match(second.fault, { code: '20024' })
  t.match(second.text, '<faultcode>SOAP-ENV:Server</faultcode>')
  t.equal((await first).fault, null)
})

t.test(
  'R13: a late copy of a re-subscribe does not undo a newer opt-out, and is answered as the first was',
  async t => {
    const face = await aSoapFace()
    await face.send(aSyncLead(flag('a@x.example', '1')))
    const resubscribe = aSyncLead(flag('a@x.example', '0'))
    const first = resultOf(await face.send(resubscribe))
    t.equal(await statusOf(face, 'a@x.example'), 'subscribed')
    await face.send(aSyncLead(flag('a@x.example', '1')))

    const copy = resultOf(await face.send(resubscribe))

    t.same(copy, first)
    t.equal(await statusOf(face, 'a@x.example'), 'unsubscribed')
  },
)

t.test('R13: a re-subscribe that is signed anew is meant anew', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead(flag('a@x.example', '0')))
  await face.send(aSyncLead(flag('a@x.example', '1')))

  await face.send(aSyncLead(flag('a@x.example', '0'), undefined, { timestamp: '2026-11-20T04:00:01-08:00' }))

  t.equal(await statusOf(face, 'a@x.example'), 'subscribed')
})

t.test('an opt-out that comes again under the same signature is never swallowed', async t => {
  const face = await aSoapFace()
  const optOut = aSyncLead(flag('a@x.example', '1'))
  await face.send(optOut)
  await face.send(aSyncLead(flag('a@x.example', '0')))

  await face.send(optOut)

  t.equal(await statusOf(face, 'a@x.example'), 'unsubscribed')
})

t.test('answers are kept only for calls that could re-subscribe or that have a name', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead('<Email>a@x.example</Email>'))
  await face.send(aSyncLead(flag('a@x.example', '1')))
  t.equal(face.store.dump().answers.size, 0)

  await face.send(aSyncLead(flag('a@x.example', '0')))
  await face.send(aSyncLead('<Email>a@x.example</Email>', undefined, named('r1')))
  t.equal(face.store.dump().answers.size, 2)
})
