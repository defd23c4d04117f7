// The calls that are measured: signed messages that flip the flags of one person after the other, or ask for one. It
// knows the wire; it must not know how the calls are sent.
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
  const openingAt = passOpenings('<ns1:paramsSyncLead><leadRecord><Email>')
  let count = 0
  let opening = ''
  return () => {
    const index = count % addressCount
    const pass = (count - index) / addressCount
    if (index === 0) opening = openingAt(pass)
    count += 1
    return opening + addressOf(index) + (pass % 2 === 0 ? closing.subscribe : closing.unsubscribe)
  }
}

/** The same for calls of many leads, each with six attributes: a call flips the flags of the next `leads` people. */
export function manyLeadsMessages(leads: number): () => string {
  const openingAt = passOpenings('<ns1:paramsSyncMultipleLeads><leadRecordList>')
  let count = 0
  return () => {
    const first = count++ * leads
    const passOf = (place: number): number => Math.floor((first + place) / addressCount)
    const records = Array.from({ length: leads }, (_, place) => recordOf((first + place) % addressCount, passOf(place)))
    return `${openingAt(passOf(0))}${records.join('')}</leadRecordList></ns1:paramsSyncMultipleLeads>${bodyEnd}`
  }
}

/** Asks for one person after the other, of those that the first pass of `syncLeadMessages` created. */
export function getLeadMessages(): () => string {
  const opening = passOpenings('<ns1:paramsGetLead><leadKey><keyType>EMAIL</keyType><keyValue>')(0)
  let count = 0
  return () => `${opening}${addressOf(count++ % addressCount)}</keyValue></leadKey></ns1:paramsGetLead>${bodyEnd}`
}

/** What callers of all kinds send in a day: of four calls two change a flag, one asks for a person, one for changes. */
export function mixedMessages(): () => string {
  const [flag, person] = [syncLeadMessages(), getLeadMessages()]
  const opening = passOpenings('<ns1:paramsGetLeadChanges><startPosition><offset>ID:')(0)
  const closing = '</offset></startPosition><batchSize>100</batchSize></ns1:paramsGetLeadChanges>'
  let count = 0
  return () => {
    count += 1
    // Everybody is made first.
    if (count <= addressCount || count % 4 < 2) return flag()
    return count % 4 === 2 ? person() : `${opening}${count % addressCount}${closing}${bodyEnd}`
  }
}

export const addressOf = (index: number): string => `person-${String(index).padStart(4, '0')}@bench.example`

function recordOf(index: number, pass: number): string {
  const attributes = Object.entries({
    FirstName: `First ${index}`,
    LastName: `Last ${index}`,
    Company: `Company ${index % 100}`,
    Title: 'Engineer',
    Country: 'Utopia',
    Unsubscribed: String(pass % 2),
  }).map(
    ([name, value]) =>
      `<attribute><attrName>${name}</attrName><attrType>string</attrType><attrValue>${value}</attrValue></attribute>`,
  )
  const list = `<leadAttributeList>${attributes.join('')}</leadAttributeList>`
  return `<leadRecord><Email>${addressOf(index)}</Email>${list}</leadRecord>`
}

/** The messages of a pass begin alike, signed with a time of their own. */
export function passOpenings(call: string): (pass: number) => string {
  const startedAt = Date.now() - firstPassAgeMs
  return pass => openingOf(new Date(startedAt + pass * 1000)) + call
}

export const bodyEnd = '</SOAP-ENV:Body></SOAP-ENV:Envelope>\n'

// As PHP's SoapClient writes it, the most common of the legacy clients.
function openingOf(at: Date): string {
  const timestamp = at.toISOString().replace(/\.\d+Z$/, '+00:00')
  const { id, key } = benchUser
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:ns1="http://www.marketo.com/mktows/"><SOAP-ENV:Header><ns1:AuthenticationHeader>' +
    `<mktowsUserId>${id}</mktowsUserId><requestSignature>${signatureOf(timestamp, id, key)}</requestSignature>` +
    `<requestTimestamp>${timestamp}</requestTimestamp></ns1:AuthenticationHeader></SOAP-ENV:Header><SOAP-ENV:Body>`
  )
}

export const closingOf = (flag: '0' | '1'): string =>
  '</Email><leadAttributeList><attribute><attrName>Unsubscribed</attrName><attrType>boolean</attrType>' +
  `<attrValue>${flag}</attrValue></attribute></leadAttributeList></leadRecord><returnLead>false</returnLead>` +
  `</ns1:paramsSyncLead>${bodyEnd}`

const closing = { subscribe: closingOf('0'), unsubscribe: closingOf('1') } as const
