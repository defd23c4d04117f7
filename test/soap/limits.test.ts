// Limits on the calls of one credential, as a caller meets them.
import t from 'tap'
import { CallLimiter, type CallLimits } from '../../src/service/access/call-limits.js'
import { aGetLead, aMessage, aSoapFace, callTime, type HeaderTraits } from '../support/soap-face.js'

const none: CallLimits = { rate: null, concurrency: null, daily: null }

function aLimitedFace(limits: Partial<CallLimits>) {
  return aSoapFace({ limiter: new CallLimiter({ ...none, ...limits }, () => callTime) })
}

const ping = (traits: HeaderTraits = {}): string => aMessage('<ns1:paramsListMObjects/>', traits)

t.test('each limit has its code, and all are faults of the Server, so that clients try again', async t => {
  for (const [limits, code, words] of [
    [{ rate: 1 }, '20023', 'Rate limit exceeded'],
    [{ daily: 1 }, '20015', 'Request limit exceeded'],
  ] as const) {
    const face = await aLimitedFace(limits)
    t.equal((await face.send(ping())).fault, null)

    const { fault, text, status } = await face.send(ping())

    t.match(fault, { code, string: `${code} - ${words}` })
    t.match(text, '<faultcode>SOAP-ENV:Server</faultcode>')
    t.equal(status, 500)
  }
})

t.test('calls at the same time are refused past the limit, and get in when one is over', async t => {
  const face = await aLimitedFace({ concurrency: 2 })

  const answers = await Promise.all(Array.from({ length: 3 }, () => face.send(ping())))

  t.same(answers.map(({ fault }) => fault?.code).sort(), ['20024', undefined, undefined])
  t.equal((await face.send(ping())).fault, null)
})

t.test('a call that ends in a fault makes room again too', async t => {
  const face = await aLimitedFace({ concurrency: 1 })

  for (let i = 0; i < 3; i++) t.match((await face.send(aGetLead('EMAIL', 'x@x.example'))).fault, { code: '20103' })
  for (let i = 0; i < 3; i++) t.match((await face.send(aGetLead('PHONE', 'x'))).fault, { code: '20102' })
})

t.test('nobody is charged for what another sends, least of all a stranger in their name', async t => {
  const face = await aLimitedFace({ rate: 1 })
  const forged = aMessage('<ns1:paramsListMObjects/>', { timestamp: '2026-11-20T04:00:00-08:00' }).replace(
    /<requestSignature>.{8}/,
    '<requestSignature>00000000',
  )

  t.match((await face.send(forged)).fault, { code: '20014' })
  t.equal((await face.send(ping({ as: 'reader' }))).fault, null)
  t.equal((await face.send(ping())).fault, null)
  t.match((await face.send(ping())).fault, { code: '20023' })
})
