// A fault as the text of a whole SOAP message, in the shape and order that old clients pick apart with expressions of
// their own (legacy-soap-contract 1.1). Knows both envelope versions; must not know why something failed.

import { envelopeNamespaces, type SoapVersion } from './codec/codec-namespaces.js'
import { escapeText } from './codec/codec-scalar-encode.js'
import { type Fault, type FaultCode, faultMessage, faultString } from './faults.js'

const mktowsNamespace = 'http://www.marketo.com/mktows/'

export function faultText(fault: Fault, version: SoapVersion): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${envelopeNamespaces[version]}"><SOAP-ENV:Body><SOAP-ENV:Fault>` +
    (version === '1.1' ? faultContent11(fault) : faultContent12(fault)) +
    '</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>\n'
  )
}

function faultContent11(fault: Fault): string {
  return (
    `<faultcode>SOAP-ENV:${fault.faultCode}</faultcode>` +
    `<faultstring>${escapeText(faultString(fault))}</faultstring>` +
    `<detail>${serviceException(fault)}</detail>`
  )
}

// SOAP 1.2 part 1, 5.4: other names for the same things.
const faultCodes12: Readonly<Record<FaultCode, string>> = {
  Client: 'Sender',
  Server: 'Receiver',
  MustUnderstand: 'MustUnderstand',
  VersionMismatch: 'VersionMismatch',
}

function faultContent12(fault: Fault): string {
  const reason = escapeText(faultString(fault))
  return (
    `<SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:${faultCodes12[fault.faultCode]}</SOAP-ENV:Value></SOAP-ENV:Code>` +
    `<SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">${reason}</SOAP-ENV:Text></SOAP-ENV:Reason>` +
    `<SOAP-ENV:Detail>${serviceException(fault)}</SOAP-ENV:Detail>`
  )
}

// Children without prefix, namespace or xsi:type, and nothing between their tags and their text: some clients read
// them with `<code>(.*?)</code>`.
function serviceException(fault: Fault): string {
  return (
    `<ns1:serviceException xmlns:ns1="${mktowsNamespace}">` +
    '<name>mktServiceException</name>' +
    `<message>${escapeText(faultMessage(fault))}</message>` +
    `<code>${fault.code}</code>` +
    '</ns1:serviceException>'
  )
}
