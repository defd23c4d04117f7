// The reader's claims, one by one: what it gives, what it refuses, with which sentence and at which place.
import t from 'tap'
import {
  createXmlReader,
  defaultXmlLimits,
  XmlError,
  type XmlLimits,
  type XmlReader,
} from '../../src/soap/xml/xml-reader.js'

const XML = 'http://www.w3.org/XML/1998/namespace'
const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** A reader that stands on the root's start tag. */
function onRoot(text: string, limits: Partial<XmlLimits> = {}): XmlReader {
  const reader = createXmlReader(text, { ...defaultXmlLimits, ...limits })
  reader.nextChild()
  return reader
}

function refusalOf(text: string, limits: Partial<XmlLimits> = {}): XmlError | undefined {
  try {
    const reader = onRoot(text, limits)
    reader.skip()
    reader.finish()
    return undefined
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
}

const textOf = (text: string) => onRoot(text).text()
const attributeValue = (attribute: string) => onRoot(`<e ${attribute}/>`).attribute('', 'a')

t.test('a caller enters, reads and skips elements in document order', async t => {
  const reader = onRoot('<a>x<b>1</b> <c><d/></c>y<e/></a>')

  t.equal(reader.localName, 'a')
  t.equal(reader.nextChild(), true)
  t.equal(reader.localName, 'b')
  t.equal(reader.text(), '1')
  t.equal(reader.nextChild(), true)
  t.equal(reader.localName, 'c')
  reader.skip()
  t.equal(reader.nextChild(), true)
  t.equal(reader.localName, 'e')
  t.equal(reader.nextChild(), false, 'an empty element has no children')
  t.equal(reader.nextChild(), false, 'and then the root has no more')
  t.doesNotThrow(() => reader.finish())
})

t.test('the text of an element is its own, in document order, without that of its children', async t => {
  t.equal(textOf('<a>one <b>two<c>three</c></b><b/>four</a>'), 'one four')
  t.equal(textOf('<a/>'), '')
  t.equal(textOf('<a></a>'), '')
})

t.test('references and CDATA are resolved, comments and instructions leave no trace', async t => {
  t.equal(textOf('<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x1F600;&#x0041;</a>'), '<>&"\'A😀A')
  t.equal(textOf('<a>&amp;lt;</a>'), '&lt;', 'what a reference gives is not read again')
  t.equal(textOf('<a>1<![CDATA[<&lt;]]]]><![CDATA[>]]>2</a>'), '1<&lt;]]>2')
  t.equal(textOf('<a>x<!-- <b> & ]]> -->y<?z <b> & ?>z</a>'), 'xyz')
  t.equal(textOf('<a>]]&gt; ]] > ]></a>'), ']]> ]] > ]>')
})

t.test('every line end in text is one line feed, and a reference to a carriage return stays one', async t => {
  t.equal(textOf('<a>1\r\n2\r3\n4\r\r\n5\n\r6</a>'), '1\n2\n3\n4\n\n5\n\n6')
  t.equal(textOf('<a>\r&#10;&#13;\n&#13;&#10;</a>'), '\n\n\r\n\r\n')
  t.equal(textOf('<a><![CDATA[\r\n\r\r\n]]></a>'), '\n\n\n')
})

t.test('white space in an attribute value becomes spaces, one for a line end, none for a reference', async t => {
  t.equal(attributeValue('a="1\t2\n3\r4\r\n5 6\r\r\n7"'), '1 2 3 4 5 6  7')
  t.equal(attributeValue('a="&#9;&#10;&#13;&#32;"'), '\t\n\r ')
  t.equal(attributeValue("a='&lt;&amp;&quot;\"&apos;'"), '<&""\'')
  t.equal(attributeValue('a="  kept  "'), '  kept  ', 'values are not trimmed: without a DTD each is CDATA')
  t.equal(attributeValue('a="]]>"'), ']]>')
})

t.test('white space may stand wherever the grammar has it', async t => {
  t.equal(refusalOf('\n<a  b\t=\n"1"\r\nc=\'2\' ><d /></a\n>\n'), undefined)
})

t.test('elements get the namespace of their prefix, or the default one', async t => {
  const reader = onRoot('<a xmlns="urn:d" xmlns:p="urn:p"><p:b/><c xmlns=""/><p:d xmlns:p="urn:q"/><p:e/></a>')

  const seen = [`${reader.namespaceUri} ${reader.localName}`]
  while (reader.nextChild()) {
    seen.push(`${reader.namespaceUri} ${reader.localName}`)
    reader.skip()
  }

  t.same(seen, ['urn:d a', 'urn:p b', ' c', 'urn:q d', 'urn:p e'])
})

t.test('namespace names are compared as they are written, white space included', async t => {
  const reader = onRoot(`<a xmlns:p="u" xmlns:q=" u" xmlns:r="&#9;${XML}" p:b="1" q:b="2"/>`)

  t.equal(reader.attribute('u', 'b'), '1')
  t.equal(reader.attribute(' u', 'b'), '2')
})

t.test('attributes are found by expanded name, and the default namespace is not theirs', async t => {
  const reader = onRoot('<a xmlns="urn:d" xmlns:p="urn:p" b="1" p:b="2" xml:lang="en"/>')

  t.equal(reader.attribute('', 'b'), '1')
  t.equal(reader.attribute('urn:p', 'b'), '2')
  t.equal(reader.attribute('urn:d', 'b'), undefined)
  t.equal(reader.attribute(XML, 'lang'), 'en')
  t.equal(reader.attribute(XMLNS, 'p'), 'urn:p')
  t.equal(reader.attribute(XMLNS, 'xmlns'), 'urn:d')
})

t.test('attributes belong to the element stood on, and to no element once it is consumed', async t => {
  const reader = onRoot('<a x="1"><b/><c x="2"/></a>')

  reader.nextChild()
  t.equal(reader.attribute('', 'x'), undefined, 'b has none, though a had')
  reader.skip()
  reader.nextChild()
  reader.skip()
  t.equal(reader.attribute('', 'x'), undefined, 'c is consumed')
})

t.test('a QName in content is resolved where its element stands', async t => {
  const reader = onRoot('<a xmlns="urn:d" xmlns:p="urn:p"><b xmlns:p="urn:q"/><c/></a>')

  t.same(reader.resolveQName('p:x'), { namespaceUri: 'urn:p', localName: 'x' })
  t.same(reader.resolveQName(' x\n'), { namespaceUri: 'urn:d', localName: 'x' })
  t.same(reader.resolveQName('xml:x'), { namespaceUri: XML, localName: 'x' })
  reader.nextChild()
  t.same(reader.resolveQName('p:x'), { namespaceUri: 'urn:q', localName: 'x' })
  reader.skip()
  reader.nextChild()
  t.same(reader.resolveQName('p:x'), { namespaceUri: 'urn:p', localName: 'x' }, 'the inner declaration has ended')
  for (const bad of ['q:x', 'p:', ':x', 'p:x:y', 'p: x', 'x y', '', ' '])
    t.equal(reader.resolveQName(bad), undefined, bad)
})

t.test('the position is that of the tag read last, in lines of any kind', async t => {
  const reader = onRoot('<a>\n\r\n\r  <b/>\n😀 <c>x</c></a>')

  t.same(reader.position(), { offset: 0, line: 1, column: 1 })
  reader.nextChild()
  t.same(reader.position(), { offset: 9, line: 4, column: 3 })
  reader.skip()
  reader.nextChild()
  t.same(reader.position(), { offset: 17, line: 5, column: 4 }, 'columns count UTF-16 units')
  t.equal(reader.text(), 'x')
  t.same(reader.position(), { offset: 17, line: 5, column: 4 }, 'still the element whose text was taken')
  reader.nextChild()
  t.same(reader.position(), { offset: 25, line: 5, column: 12 }, 'the end tag of what was entered')
})

t.test('a byte order mark, a declaration, comments and instructions may come before the root', async t => {
  t.equal(refusalOf('\ufeff<?xml version="1.0"?>\n<!-- c --><?x y?>\n<a/><!-- c --><?x?> '), undefined)
  t.equal(refusalOf("<?xml version = '1.0' encoding = 'ISO-8859-1' standalone = 'no' ?><a/>"), undefined)
  t.equal(refusalOf('<?xml-stylesheet href="a"?><a/>'), undefined)
})

t.test('names may use every letter that the fifth edition of XML 1.0 allows', async t => {
  for (const name of ['é', '株式', '𐐀', 'a·b', 'a\u0301', '_', 'a-1.b', 'xmlish', '\u{effff}']) {
    t.equal(refusalOf(`<${name} ${name}="1"></${name}>`), undefined, name)
  }
})

t.test('each character is allowed in text and in names exactly as the productions of XML 1.0 say', async t => {
  const legal = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]$/u
  const nameStart = new RegExp(
    '^[A-Z_a-z\\u{c0}-\\u{d6}\\u{d8}-\\u{f6}\\u{f8}-\\u{2ff}\\u{370}-\\u{37d}\\u{37f}-\\u{1fff}\\u{200c}\\u{200d}' +
      '\\u{2070}-\\u{218f}\\u{2c00}-\\u{2fef}\\u{3001}-\\u{d7ff}' +
      '\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{fffd}\\u{10000}-\\u{effff}]$',
    'u',
  )
  const nameOnly = /^(?:[-.0-9]|\u{b7}|[\u{300}-\u{36f}]|[\u{203f}-\u{2040}])$/u
  const ends = [0, 0x0f, 0xff, 0xffff]
  const astral = Array.from({ length: 16 }, (_, plane) => ends.map(end => ((plane + 1) << 16) + end)).flat()
  const codePoints = [...Array.from({ length: 0x10000 }, (_, unit) => unit), ...astral]

  const wrong = codePoints.filter(codePoint => {
    const character = String.fromCodePoint(codePoint)
    const isInText = refusalOf(`<a><![CDATA[${character}]]></a>`) === undefined
    const isStart = refusalOf(`<${character}/>`) === undefined
    // White space, '/' and '>' may follow a name without being part of it; before the 'b' they leave no valid tag.
    const isInName = refusalOf(`<a${character}b/>`) === undefined && !/[\t\n\r />:]/.test(character)
    if (isInText !== legal.test(character)) return true
    if (isStart !== nameStart.test(character)) return true
    return isInName !== (nameStart.test(character) || nameOnly.test(character))
  })

  t.same(
    wrong.map(codePoint => codePoint.toString(16)),
    [],
  )
})

/** What is refused: the text, and what its message must say. */
const refused: Readonly<Record<string, readonly (readonly [string, RegExp])[]>> = {
  'a DOCTYPE, with a sentence of its own': [
    ['<!DOCTYPE a><a/>', /DOCTYPE.*SOAP 1\.1 section 3/],
    ['<?xml version="1.0"?><!-- c --><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', /DOCTYPE/],
  ],
  'a document without exactly one root': [
    ['', /the root element, found the end of the text/],
    [' \n', /the root element/],
    ['<!-- only -->', /the root element/],
    ['text', /the root element, found 't'/],
    ['<a/><b/>', /one root/],
    ['<a/>text', /one root and no text outside/],
    ['text<a/>', /the root element/],
    ['<a/>&#32;', /end of the text/],
    ['<a/><![CDATA[]]>', /other markup/],
    ['\ufeff\ufeff<a/>', /the root element/],
  ],
  'tags that do not match': [
    ['<a><b></a></b>', /<\/b> for the element opened in line 1/],
    ['<a></A>', /<\/a>/],
    ['<a></aa>', /found 'a'/],
    ['<aa></a>', /<\/aa>/],
    ['<p:a xmlns:p="u" xmlns:q="u"></q:a>', /<\/p:a>/],
    ['<a>', /<\/a>, found the end of the text/],
    ['<a><b/>', /cut off/],
    ['</a>', /an element name/],
    ['<a/></a>', /one root/],
    ['<a></a b="1">', /found 'b'/],
  ],
  'tags that are not written as tags': [
    ['<', /an element name.*end of the text/],
    ['<1/>', /an element name.*found '1'/],
    ['< a/>', /an element name.*U\+0020/],
    ['<a/ >', /'>' after '\/'/],
    ['<a', /found the end of the text/],
    ['<a b/>', /'=' after the attribute name b/],
    ['<a b=1/>', /a quoted attribute value, found '1'/],
    ['<a b="1"c="2"/>', /white space/],
    ['<a b="1/>', /closing quote/],
    ['<a b="<"/>', /&lt;/],
    ['<a><!x></a>', /a comment or a CDATA section/],
    ['<a><![cdata[x]]></a>', /a comment or a CDATA section/],
  ],
  'attributes that are there twice': [
    ['<a b="1" b="2"/>', /b twice/],
    ['<a xmlns:p="u" xmlns:q="u" p:b="" q:b=""/>', /b twice/],
    ['<a xmlns:p="u" xmlns:p="u"/>', /p twice/],
    ['<a xmlns="" xmlns=""/>', /xmlns twice/],
    ['<a c1="" c2="" c3="" c4="" c5="" c6="" c7="" c8="" c9="" c1=""/>', /c1 twice/],
  ],
  'prefixes that mean nothing, or not what they must': [
    ['<p:a/>', /p in the element p:a: declare it with xmlns:p/],
    ['<a p:b=""/>', /p in the attribute p:b/],
    ['<a><b xmlns:p="u"/><p:c/></a>', /declared prefix/],
    ['<a xmlns:p=""/>', /only xmlns="" may be empty/],
    ['<a xmlns:xml="urn:x"/>', /bound to each other only/],
    [`<a xmlns:p="${XML}"/>`, /bound to each other only/],
    [`<a xmlns="${XML}"/>`, /bound to each other only/],
    ['<a xmlns:xmlns="urn:x"/>', /prefix xmlns/],
    [`<a xmlns:p="${XMLNS}"/>`, /reserves/],
    [`<a xmlns="${XMLNS}"/>`, /reserves/],
    ['<xmlns:a/>', /declared prefix/],
    ['<:a/>', /name/],
    ['<a:/>', /after its prefix/],
    ['<p:a:b xmlns:p="u"/>', /found ':'/],
    ['<p:1 xmlns:p="u"/>', /after its prefix/],
    ['<a xmlns:1="u"/>', /after its prefix/],
  ],
  'references to nothing': [
    ['<a>&nbsp;</a>', /no other entities/],
    ['<a>R&D</a>', /a bare ampersand is written &amp;/],
    ['<a>&</a>', /'&' before '<'/],
    ['<a>&lt</a>', /found '&' before 'l'/],
    ['<a>&LT;</a>', /no other entities/],
    ['<a b="&x;"/>', /no other entities/],
    ['<a>&#;</a>', /a decimal digit/],
    ['<a>&#x;</a>', /a hexadecimal digit/],
    ['<a>&#X41;</a>', /a decimal digit/],
    ['<a>&#1a;</a>', /';' or a digit/],
    ['<a>&#65</a>', /';' or a digit/],
  ],
  'characters that XML forbids, written or referred to': [
    ['<a>\0</a>', /U\+0000/],
    ['<a>\x0b</a>', /U\+000B/],
    ['<a b="\x01"/>', /U\+0001/],
    ['<a>\ufffe</a>', /U\+FFFE/],
    ['<a>\uffff</a>', /U\+FFFF/],
    ['<a>\ud800</a>', /U\+D800/],
    ['<a>\udc00</a>', /U\+DC00/],
    ['<a>\ude00\ud83d</a>', /U\+DE00/],
    ['<a>\ud83d', /U\+D83D/],
    ['<a><!--\0--></a>', /U\+0000/],
    ['<a><?x \x08?></a>', /U\+0008/],
    ['<a><![CDATA[\ud800]]></a>', /U\+D800/],
    ['<a\ud800/>', /found U\+D800/],
    ['<a>&#0;</a>', /forbids/],
    ['<a>&#xD800;</a>', /forbids/],
    ['<a>&#xFFFF;</a>', /forbids/],
    ['<a>&#x110000;</a>', /forbids/],
    ['<a>&#4294967361;</a>', /forbids/],
    ['<a>&#99999999999999999999999999;</a>', /forbids/],
  ],
  'text, comments, instructions and sections that end wrongly': [
    ['<a>]]></a>', /\]\]&gt;/],
    ['<a>x]]]></a>', /\]\]&gt;/],
    ['<a><!-- a -- b --></a>', /'--' inside/],
    ['<a><!-- a ---></a>', /'--' inside/],
    ['<a><!--></a>', /end of a comment/],
    ['<a><!-- ', /end of a comment/],
    ['<a><?x </a>', /processing instruction, found the end/],
    ['<a><??></a>', /target/],
    ['<a><? x?></a>', /target/],
    ['<a><?x:y?></a>', /white space, found ':'/],
    ['<a><?x??></a>', /white space, found '\?'/],
    ['<a><?XML y?></a>', /XML declaration/],
    ['<a><![CDATA[x]]</a>', /CDATA section/],
  ],
  'an XML declaration that is none': [
    [' <?xml version="1.0"?><a/>', /very start/],
    ['<a/><?xml version="1.0"?>', /very start/],
    ['<?xml version="1.1"?><a/>', /version="1\.0"/],
    ['<?xml version="1.0.0"?><a/>', /version="1\.0"/],
    ['<?xml?><a/>', /XML declaration/],
    ['<?xml encoding="UTF-8"?><a/>', /version=/],
    ['<?xml version="1.0" encoding="8-UTF"?><a/>', /an encoding name/],
    ['<?xml version="1.0" encoding=""?><a/>', /an encoding name/],
    ['<?xml version="1.0" standalone="maybe"?><a/>', /standalone="yes" or "no"/],
    ['<?xml version="1.0" standalone="yes" encoding="UTF-8"?><a/>', /in this order/],
    ['<?xml version="1.0"encoding="UTF-8"?><a/>', /white space/],
    ['<?xml version="1.0" encoding="UTF-8"standalone="no"?><a/>', /white space/],
    ['<?xml version=1.0?><a/>', /a quote/],
    ['<?xml version="1.0\'?><a/>', /a quote/],
    ['<?xml version="1.0" other="x"?><a/>', /nothing else/],
    ['<?xml version="1.0">', /'\?>'/],
  ],
}

for (const [what, cases] of Object.entries(refused)) {
  t.test(`${what}: refused`, async t => {
    for (const [text, message] of cases) {
      t.match(refusalOf(text)?.message ?? 'nothing refused', message, JSON.stringify(text))
    }
  })
}

t.test('a document may cost as much as the limits say and no more', async t => {
  t.equal(refusalOf('<a><b><c/></b></a>', { depthMax: 3 }), undefined)
  t.match(refusalOf('<a><b><c><d/></c></b></a>', { depthMax: 3 })?.message, /at most 3 elements inside each other/)
  t.equal(refusalOf('<a b="" c="" d=""/>', { attributesMax: 3 }), undefined)
  t.match(refusalOf('<a b="" c="" d="" e=""/>', { attributesMax: 3 })?.message, /at most 3 attributes/)
  t.equal(refusalOf('<abc d=""/>', { nameLengthMax: 3 }), undefined)
  t.match(refusalOf('<abcd/>', { nameLengthMax: 3 })?.message, /at most 3 characters, found 4/)
  t.match(refusalOf('<a bcde=""/>', { nameLengthMax: 3 })?.message, /at most 3 characters/)
})

t.test('the default limits are 64 elements deep, 256 attributes and names of 256', async t => {
  t.same(defaultXmlLimits, { depthMax: 64, attributesMax: 256, nameLengthMax: 256 })
  t.equal(refusalOf('<a>'.repeat(64) + '</a>'.repeat(64)), undefined)
  t.ok(refusalOf('<a>'.repeat(65) + '</a>'.repeat(65)))
})

t.test('a refusal names its line and column, in the message and as numbers', async t => {
  const refusal = refusalOf('<a>\r\n  <b>&x;</b>\n</a>')

  t.same(refusal?.position, { offset: 10, line: 2, column: 6 })
  t.match(refusal?.message, /\(line 2, column 6\)$/)
})

t.test('a place before one that was asked for already is counted right', async t => {
  const reader = onRoot('<a>\n<b/>\n</c>')
  reader.nextChild()
  t.equal(reader.position().line, 2)
  reader.skip()

  t.throws(() => reader.nextChild(), { message: /opened in line 1, .*\(line 3, column 1\)/ })
})

t.test('no refusal quotes text or values of the message, which may be personal', async t => {
  for (const text of [
    '<a>ada@example.org&ada;</a>',
    '<a b="ada"c="x"/>',
    '<a>ada]]></a>',
    '<a b=ada/>',
    '<a>ada</b>',
  ]) {
    t.notMatch(refusalOf(text)?.message, /ada/, text)
  }
})

t.test('a call out of turn is a defect of the caller, not of the message', async t => {
  const consumed = onRoot('<a/>')
  consumed.skip()

  for (const call of [
    () => consumed.nextChild(),
    () => consumed.text(),
    () => consumed.skip(),
    () => onRoot('<a/>').finish(),
    () => createXmlReader('<a/>', defaultXmlLimits).text(),
  ]) {
    try {
      call()
      t.fail('nothing was thrown')
    } catch (error) {
      t.notOk(error instanceof XmlError)
      t.match(error, /was called/)
    }
  }
})
