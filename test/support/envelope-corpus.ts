// Messages as real toolkits write them, and messages with every construct that XML has and SOAP does not forbid.
// Knows how clients differ on the wire; must not know what our service makes of it.

const soap = 'http://schemas.xmlsoap.org/soap/envelope/'
const contract = 'http://www.marketo.com/mktows/'
const xsi = 'http://www.w3.org/2001/XMLSchema-instance'
const xsd = 'http://www.w3.org/2001/XMLSchema'

const header =
  '<ns1:AuthenticationHeader><mktowsUserId>user_1</mktowsUserId><requestSignature>9f8e7d</requestSignature>' +
  '<requestTimestamp>2013-07-30T16:06:37-07:00</requestTimestamp></ns1:AuthenticationHeader>'

function phpEnvelope(body: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope xmlns:SOAP-ENV="${soap}" xmlns:ns1="${contract}">` +
    `<SOAP-ENV:Header>${header}</SOAP-ENV:Header><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>\n`
  )
}

function attribute(name: string, value: string): string {
  return `<attribute><attrName>${name}</attrName><attrType>string</attrType><attrValue>${value}</attrValue></attribute>`
}

/** About twenty well-formed messages, each with a construct that the others have not. */
export const envelopeCorpus: readonly string[] = [
  // PHP: prefixes on the outer elements only, all in one line.
  phpEnvelope(
    '<ns1:paramsSyncLead><leadRecord><Email>ada@example.org</Email><leadAttributeList>' +
      `${attribute('FirstName', 'Ada')}${attribute('Unsubscribed', 'true')}</leadAttributeList></leadRecord>` +
      '<returnLead>true</returnLead><marketoCookie>id:561&amp;token:_mch-1</marketoCookie></ns1:paramsSyncLead>',
  ),
  // .NET: default namespaces, taken back to none inside.
  `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${soap}"><s:Body xmlns:xsi="${xsi}" xmlns:xsd="${xsd}">` +
    `<paramsGetLead xmlns="${contract}"><leadKey xmlns=""><keyType>EMAIL</keyType><keyValue>a@b.example</keyValue>` +
    '</leadKey></paramsGetLead></s:Body></s:Envelope>',
  // Java: nil, types by QName, pretty-printed.
  `<soapenv:Envelope xmlns:soapenv="${soap}" xmlns:mkt='${contract}'>\n  <soapenv:Header/>\n  <soapenv:Body>\n` +
    `    <mkt:paramsSyncLead>\n      <leadRecord xmlns:xsi="${xsi}" xsi:type="mkt:LeadRecord">\n` +
    '        <Id xsi:nil="true"/>' +
    '\n        <Email>grace@example.org</Email>\n        <ForeignSysType xsi:nil="1"></ForeignSysType>\n' +
    '      </leadRecord>\n    </mkt:paramsSyncLead>\n  </soapenv:Body>\n</soapenv:Envelope>',
  // Windows line ends, and values over several lines.
  `<E xmlns="${soap}">\r\n<Body>\r\n  <note kind="two\r\nlines">first\r\nsecond\rthird\n</note>\r\n</Body>\r\n</E>\r\n`,
  // CDATA, alone, beside text, next to another, and with what looks like its end.
  phpEnvelope(
    '<ns1:p><a><![CDATA[x < y && z]]></a><b>one <![CDATA[two]]> three</b><c><![CDATA[]]]]><![CDATA[>]]></c>' +
      '<d><![CDATA[\r\n]]></d></ns1:p>',
  ),
  // Comments everywhere they may be.
  `<!-- before --><E xmlns="${soap}"><!-- - in --><Body>te<!---->xt<!--<a>&b;]]>--></Body></E><!-- after -->`,
  // Instructions everywhere they may be.
  `<?xml version='1.0'?><?xml-stylesheet href="a.xsl"?><E><?php echo "<a>"; ?><b>t<?x?>u<?y  ?></b></E><?end?>`,
  // References of each kind.
  phpEnvelope(
    '<ns1:p a="&lt;&quot;&apos;&#9;&#xA;&#13;"><v>&amp;amp;&#60;&#x3E;&#x1F600;&#128512; &gt;]]&gt;</v></ns1:p>',
  ),
  // Attributes in both quotes, with the other quote inside and with white space wherever it may stand.
  `<a:e  xmlns:a = "urn:a"\n\tx='say "hi"'\r\n y = "it's"  a:x=" padded  twice "\t></a:e  >`,
  // Prefixes bound anew, unbound by leaving, two prefixes of one namespace.
  '<a:a xmlns:a="urn:1"><a:b xmlns:a="urn:2" xmlns:c="urn:1"><a:d/><c:d a:x="1" c:x="2" x="3"/></a:b><a:e/></a:a>',
  // Beyond ASCII: Latin, combining, right-to-left, CJK, astral in text, values and names.
  phpEnvelope(
    `<ns1:p n="Zoë 😀">${attribute('LastName', 'Łukasiewicz')}${attribute('Company', '株式会社 𠮷野家')}` +
      '<naïve>שלום e\u0301</naïve><𐐀𐐁·x>deseret</𐐀𐐁·x></ns1:p>',
  ),
  // A byte order mark, standalone, upper-case encoding.
  `\ufeff<?xml version="1.0" encoding="UTF-8" standalone="yes" ?>\n<e xml:lang="en" xml:space="preserve"> </e>`,
  // Empty elements of all kinds.
  '<a><b/><b /><b></b><b\n/><c x="1"/><c x=""></c></a>',
  // A multiRef-like reply with many namespaces declared at the top.
  `<S:Envelope xmlns:S="${soap}" xmlns:xsd="${xsd}" xmlns:xsi="${xsi}" ` +
    'xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/">' +
    '<S:Body S:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><r xsi:type="soapenc:Array" ' +
    'soapenc:arrayType="xsd:string[2]"><i xsi:type="xsd:string">one</i><i xsi:type="xsd:string">two</i></r></S:Body>' +
    '</S:Envelope>',
  // WS-Security: headers that the service does not know.
  `<s:Envelope xmlns:s="${soap}"><s:Header><o:Security s:mustUnderstand="0" xmlns:o="urn:wsse"><o:Token Id="uuid-1"/>` +
    '</o:Security></s:Header><s:Body/></s:Envelope>',
  // An import with rows as text, entities in each.
  phpEnvelope(
    '<ns1:paramsImportToList><importFileHeader>Email,Note</importFileHeader><importFileRow><stringItem>a@x.example,' +
      '&quot;R&amp;D&quot;</stringItem><stringItem>b@x.example,]]</stringItem><stringItem/></importFileRow>' +
      '</ns1:paramsImportToList>',
  ),
  // Mixed content, which the contract has not, but a message may.
  '<p>one <b>two</b> three <i>four <u>five</u></i> six</p>',
  // Deep.
  `${'<d>'.repeat(20)}x${'</d>'.repeat(20)}`,
  // Names with every kind of character, and names that begin with xml.
  '<_a.b-c:_d.e-f xmlns:_a.b-c="urn:x"><xmlish/><x1 xml-y="1" XMLNS="2"/></_a.b-c:_d.e-f>',
  // More attributes than are compared one with another.
  `<m xmlns:q="urn:q" ${Array.from({ length: 12 }, (_, i) => `a${i}="${i}" q:a${i}='${i}'`).join(' ')}/>`,
  // Namespace names that need references.
  '<n xmlns="urn:a&amp;b" xmlns:t="urn:&#x74;"><t:u v="&#x85;\u2028"/></n>',
]
