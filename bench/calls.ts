// The calls that are measured: signed syncLead messages that flip the flag of one person after the other. It knows the
// wire; it must not know how the calls are sent.
import { signatureOf } from '../src/soap/authenticate.js'

/** People, each with an address of its own: more than there are connections, so that no two calls in flight meet. */
export const addressCount = 2_000

export const benchUser = { id: 'bench_user', key: '0123456789ABCDEF0123' } as const

/** Twelve hours back, so that twelve hours of passes, a second each, stay within the signature window. */
const firstPassAgeMs = 12 * 3600 * 1000

/**
 * A function that gives the next message each time. The first `addressCount` messages create the people, subscribed;
 * the next as many opt all of them out, the next re-subscribe them, and so on: every call changes a status. Messages
 * are all of one length. Each pass is signed with a time of its own: a re-subscribe that repeats an earlier one byte
 * for byte would rightly change nothing (R13), and would then measure nothing.
 */
export function syncLeadMessages(): () => string {
  const startedAt = Date.now() - firstPassAgeMs
  let count = 0
  let opening = ''
  return () => {
    const index = count % addressCount
    const pass = (count - index) / addressCount
    if (index === 0) opening = openingOf(new Date(startedAt + pass * 1000))
    count += 1
    return opening + addressOf(index) + (pass % 2 === 0 ? closing.subscribe : closing.unsubscribe)
  }
}

const addressOf = (index: number): string => `person-${String(index).padStart(4, '0')}@bench.example`

// As PHP's SoapClient writes it, the most common of the legacy clients.
function openingOf(at: Date): string {
  const timestamp = at.toISOString().replace(/\.\d+Z$/, '+00:00')
  const { id, key } = benchUser
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:ns1="http://www.marketo.com/mktows/"><SOAP-ENV:Header><ns1:AuthenticationHeader>' +
    `<mktowsUserId>${id}</mktowsUserId><requestSignature>${signatureOf(timestamp, id, key)}</requestSignature>` +
    `<requestTimestamp>${timestamp}</requestTimestamp></ns1:AuthenticationHeader></SOAP-ENV:Header><SOAP-ENV:Body>` +
    '<ns1:paramsSyncLead><leadRecord><Email>'
  )
}

const closingOf = (flag: '0' | '1'): string =>
  '</Email><leadAttributeList><attribute><attrName>Unsubscribed</attrName><attrType>boolean</attrType>' +
  `<attrValue>${flag}</attrValue></attribute></leadAttributeList></leadRecord><returnLead>false</returnLead>` +
  '</ns1:paramsSyncLead></SOAP-ENV:Body></SOAP-ENV:Envelope>\n'

const closing = { subscribe: closingOf('0'), unsubscribe: closingOf('1') } as const
