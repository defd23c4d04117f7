// Which spellings are one mailbox, which are two, and which are none.
import t from 'tap'
import { parseAddress } from '../../src/domain/address.js'

const keyOf = (text: string) => {
  const parsed = parseAddress(text)
  return parsed.type === 'address' ? parsed.address.key : `refused: ${parsed.problem}`
}
const problemOf = (text: string) => {
  const parsed = parseAddress(text)
  return parsed.type === 'not-an-address' ? parsed.problem : `accepted as ${parsed.address.key}`
}
const eAcute = '\u00E9'
const eThenAcute = 'e\u0301'

t.test('these spellings are one mailbox', async t => {
  const families = [
    ['jose@ex.com', 'Jose@Ex.com', 'JOSE@EX.COM', ' jose@ex.com\r\n', '\uFEFFjose@ex.com', 'jose@ex.com.'],
    [`jos${eAcute}@ex.com`, `JOS\u00C9@ex.com`, `jos${eThenAcute}@ex.com`, `JOSE\u0301@EX.com`],
    ['user@b\u00FCcher.example', 'user@xn--bcher-kva.example', 'USER@B\u00DCCHER.example', 'user@bu\u0308cher.example'],
    ['user@xn--bcher-kva.example', 'user@XN--BCHER-KVA.EXAMPLE', 'user@xn--bcher-kva.example.'],
    ['a@example.jp', 'a@example\u3002jp', 'a@example\uFF0Ejp', 'a@\uFF45xample.jp'],
    ['a@[192.0.2.1]', 'A@[192.0.2.1]'],
    ['a@[ipv6:2001:db8::1]', 'a@[IPv6:2001:DB8::1]'],
  ]

  for (const [first, ...others] of families) for (const other of others) t.equal(keyOf(other), keyOf(first!), other)
})

t.test('these are different mailboxes, however alike they look', async t => {
  const pairs = [
    ['jose@ex.com', `jos${eAcute}@ex.com`],
    ['jose@ex.com', 'jose+news@ex.com'],
    ['john.doe@ex.com', 'johndoe@ex.com'],
    ['fass@ex.com', 'fa\u00DF@ex.com'],
    ['a@fass.de', 'a@fa\u00DF.de'],
    ['ada@ex.com', '\uFF41da@ex.com'],
    ['ada@ex.com', '"ada"@ex.com'],
    ['\u0130@ex.com', 'i@ex.com'],
    ['\u0131@ex.com', 'i@ex.com'],
    ['a@127.1', 'a@127.0.0.1'],
    ['a@[127.0.0.1]', 'a@127.0.0.1'],
    ['\u0430da@ex.com', 'ada@ex.com'],
    ['o@ex.com', '0@ex.com'],
    ['a@ex.com', 'a@ex.com.com'],
    ['\u1E9E@ex.com', 'ss@ex.com'],
    ['\uFB01@ex.com', 'fi@ex.com'],
  ] as const

  for (const [one, other] of pairs) {
    t.match(keyOf(one), /@/)
    t.match(keyOf(other), /@/)
    t.not(keyOf(one), keyOf(other), `${one} and ${other}`)
  }
})

t.test('the text is kept as written, without the blanks around it', async t => {
  const parsed = parseAddress('\t Ada@Example.ORG. \n')

  t.strictSame(parsed, { type: 'address', address: { text: 'Ada@Example.ORG.', key: 'ada@example.org' } })
})

t.test('the last @ splits, a full-width one never does', async t => {
  t.equal(keyOf('"a@b"@ex.com'), '"a@b"@ex.com')
  t.match(problemOf('ada\uFF20ex.com'), /got no @/)
  t.equal(keyOf('a\uFF20b@ex.com'), 'a\uFF20b@ex.com')
})

t.test('what is no address is refused with a sentence that says why', async t => {
  const refusals: readonly (readonly [string, RegExp])[] = [
    ['', /is empty/],
    [' \t\uFEFF ', /is empty/],
    ['ada', /got no @/],
    ['@ex.com', /before the @/],
    ['ada@', /after the @/],
    ['ada@.', /not a domain name/],
    ['ada@ex..com', /two dots in a row/],
    ['ada@.ex.com', /two dots in a row/],
    ['ada@ex.com..', /two dots in a row/],
    ['ada@-ex.com', /hyphen/],
    ['ada@ex-.com', /hyphen/],
    ['ada@xn--example-.com', /hyphen/],
    ['a b@ex.com', /invisible/],
    ['a\u00A0b@ex.com', /invisible/],
    ['\u00A0a@ex.com', /invisible/],
    ['a\u200B@ex.com', /invisible/],
    ['a@e\u00ADx.com', /invisible/],
    ['a\u0000@ex.com', /invisible/],
    ['a\u202E@ex.com', /invisible/],
    ['a\uD800@ex.com', /invisible/],
    ['a@[]', /not an address literal/],
    ['a@[1.2.3.4', /not a domain name/],
    ['a@[1.2.3.4].', /not a domain name/],
    ['a@[1 2]', /invisible/],
    ['a@xn--a.com', /not a domain name/],
  ]
  for (const [text, problem] of refusals) t.match(problemOf(text), problem, JSON.stringify(text))
})

t.test('no domain is read as a URL: nothing is cut, decoded or taken for a number', async t => {
  const tricks = ['ex.com/x', 'ex.com?x', 'ex.com#x', 'ex.com\\x', 'ex.com:25', 'ex%2Ecom', 'u:p', '(ex).com']
  for (const domain of tricks) t.match(problemOf(`a@${domain}`), /not a domain name/, domain)

  // Wide forms of the same signs are mapped to the plain ones before a URL parser looks for them.
  for (const sign of ['\uFF0F', '\u2100', '\uFF1A', '\uFF1F', '\uFF03', '\uFF05', '\uFF20', '\uFF3C', '\uFF3B'])
    t.match(problemOf(`a@ex.com${sign}x.org`), /not a domain name/, sign)
  for (const domain of ['\uFF11\uFF12\uFF17.1', '127.\uFF11', '\uFF10x7f.1', '1.2.3.\uFF10x4', '\uFF11'])
    t.match(problemOf(`a@${domain}`), /not a domain name/, domain)
})

t.test('limits are counted in octets of the key, at the octet', async t => {
  const domainOf = (length: number) => `${'d'.repeat(63)}.${'d'.repeat(63)}.${'d'.repeat(length - 128)}`

  t.match(keyOf(`${'a'.repeat(64)}@ex.com`), /^a+@ex.com$/)
  t.match(problemOf(`${'a'.repeat(65)}@ex.com`), /before the @ has 65 bytes, at most 64/)
  t.match(keyOf(`${eAcute.repeat(32)}@ex.com`), /@ex.com$/)
  t.match(problemOf(`${eAcute.repeat(33)}@ex.com`), /before the @ has 66 bytes/)
  // Decomposed it takes more room than composed; what counts is the key.
  t.equal(keyOf(`${eThenAcute.repeat(32)}@ex.com`), `${eAcute.repeat(32)}@ex.com`)
  t.match(keyOf(`a@${'d'.repeat(63)}.com`), /com$/)
  t.match(problemOf(`a@${'d'.repeat(64)}.com`), /longer than 63/)
  t.match(problemOf(`a@${'\u00FC'.repeat(63)}.com`), /longer than 63|not a domain name/)
  t.equal(keyOf(`${'a'.repeat(64)}@${domainOf(189)}`).length, 254)
  t.match(problemOf(`${'a'.repeat(64)}@${domainOf(190)}`), /has 255 bytes, at most 254/)
  t.match(problemOf(`a@${'d'.repeat(400)}`), /more than 320 characters/)
})

t.test('a hostile value is refused at once, whatever its length', async t => {
  const startedAt = performance.now()

  parseAddress(`a${' '.repeat(200_000)}b@ex.com`)
  parseAddress(`a@${'a-'.repeat(150)}!`)
  parseAddress(`${'a'.repeat(64)}@${'a.'.repeat(90)}\u00FC!`)

  t.ok(performance.now() - startedAt < 1_000, 'the time does not grow with the square of the length')
})
