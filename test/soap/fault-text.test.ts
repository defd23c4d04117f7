// The exact bytes of a fault, because legacy clients pick it apart with expressions of their own.
import { XMLParser } from 'fast-xml-parser'
import t from 'tap'
import { faultText } from '../../src/soap/fault-text.js'
import { type FaultKind, fault, faultKinds, leadNotFound, quoted, unknownLeadFields } from '../../src/soap/faults.js'

t.test('a fault has the recorded shape, byte for byte', async t => {
  t.equal(
    faultText(leadNotFound('EMAIL', 'nobody@x.example'), '1.1'),
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault>' +
      '<faultcode>SOAP-ENV:Client</faultcode><faultstring>20103 - Lead not found</faultstring><detail>' +
      '<ns1:serviceException xmlns:ns1="http://www.marketo.com/mktows/"><name>mktServiceException</name>' +
      '<message>No lead found with EMAIL = nobody@x.example (20103)</message><code>20103</code>' +
      '</ns1:serviceException></detail></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>\n',
  )
})

t.test('a SOAP 1.2 caller gets the fault in the words of SOAP 1.2', async t => {
  const text = faultText(leadNotFound('EMAIL', 'nobody@x.example'), '1.2')

  t.match(text, 'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"')
  t.match(text, '<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value></SOAP-ENV:Code>')
  t.match(text, '<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">20103 - Lead not found</SOAP-ENV:Text>')
  t.match(text, '<SOAP-ENV:Detail><ns1:serviceException xmlns:ns1="http://www.marketo.com/mktows/"><name>')
  t.match(faultText(fault(faultKinds.unavailable, 'later'), '1.2'), 'SOAP-ENV:Receiver')
})

t.test('the recorded messages and short texts are said as they were', async t => {
  const unknown = faultText(unknownLeadFields('syncLead', ['pants']), '1.1')
  const refused = faultText(fault(faultKinds.authenticationFailed, 'Authentication failed'), '1.1')

  t.match(unknown, '<faultstring>20105 - Unknown lead field</faultstring>')
  t.match(unknown, '<message>syncLead operation failed: unknown fields for import: pants (20105)</message>')
  t.match(refused, '<faultstring>20014 - Authentication failed</faultstring>')
  t.match(refused, '<message>Authentication failed (20014)</message>')
  t.match(
    faultText(fault(faultKinds.inputError, 'Object name is not valid'), '1.1'),
    '<faultstring>20110 - Input error</faultstring>',
  )
})

t.test('markup and characters that XML cannot hold do not break a fault', async t => {
  const value = `<b>&"'\r\u0000\uD800 ]]> ü \u{1F600}`
  const text = faultText(leadNotFound('EMAIL', value), '1.1')

  const parser = new XMLParser({ parseTagValue: false, trimValues: false, removeNSPrefix: true })
  const { serviceException } = parser.parse(text, true).Envelope.Body.Fault.detail
  t.match(serviceException.message, `No lead found with EMAIL = <b>&"'`)
  t.match(text, '\uFFFD\uFFFD ]]&gt; ü \u{1F600} (20103)')
})

t.test('a client that reads the detail by regular expression finds code and message', async t => {
  const text = faultText(leadNotFound('IDNUM', '5'), '1.1')

  t.same(/<code>(.*?)<\/code>/.exec(text)?.[1], '20103')
  t.same(/<message>(.*?)<\/message>/.exec(text)?.[1], 'No lead found with IDNUM = 5 (20103)')
})

t.test('what is worth trying again is a Server fault, everything else a Client fault', async t => {
  const kinds: Readonly<Record<string, FaultKind>> = faultKinds
  const byFaultCode = (wanted: string) =>
    Object.entries(kinds).flatMap(([name, { faultCode }]) => (faultCode === wanted ? [name] : []))

  t.same(byFaultCode('Server'), ['internalError', 'unavailable', 'quotaExceeded', 'rateExceeded', 'tooManyAtOnce'])
  t.same(byFaultCode('MustUnderstand'), ['headerNotUnderstood'])
  t.same(byFaultCode('VersionMismatch'), ['versionMismatch'])
  for (const { code } of Object.values(kinds)) t.match(code, /^[12]\d{4}$/)
})

t.test('a fault does not send megabytes back', async t => {
  const long = `${'x'.repeat(319)}\u{1F600}${'y'.repeat(1_000_000)}`

  t.equal(quoted(long), `${'x'.repeat(319)}...`, 'and no half of a character')
  const names = Array.from({ length: 5_000 }, (_, index) => `f${index}`)
  t.match(unknownLeadFields('syncLead', names).message, /f0, f1, .*f99, and 4900 more$/)
})
