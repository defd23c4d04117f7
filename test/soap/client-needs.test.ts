// What real legacy clients need back: the success that they look into without asking, each element by the way in which
// they reach it. Loops are in client-needs-paging.test.ts, faults in client-needs-faults.test.ts.
import { XmlDocument } from 'libxml2-wasm'
import t from 'tap'
import { aGetLeadActivity, aGetLeadChanges, aPosition, longAgo } from '../support/activity-calls.js'
import { aGetLead, aSoapFace, aSyncLead, resultOf, someAttributes, type Tree } from '../support/soap-face.js'

const email = '<Email>ada@x.example</Email>'
const asked = '<returnLead>true</returnLead>'

/** Texts of what an XPath without any namespace finds, as Nokogiri and ElementTree look. */
function textsAt(text: string, path: string): readonly string[] {
  const document = XmlDocument.fromString(text)
  try {
    return document.find(path).map(node => node.content)
  } finally {
    document.dispose()
  }
}

t.test(
  'needs: only the success element is qualified, so that XPaths without a namespace find all below it',
  async t => {
    const face = await aSoapFace()
    const { text } = await face.send(aSyncLead(email + someAttributes(['City', 'Turin']), asked))
    const found = await face.send(aGetLead('EMAIL', 'ada@x.example'))

    t.same(textsAt(text, '//result/leadRecord/Email'), ['ada@x.example'])
    t.same(textsAt(found.text, '//leadRecordList/leadRecord/Email'), ['ada@x.example'])
    for (const reply of [text, found.text]) {
      const prefixed = [...reply.matchAll(/<(\w+):(\w+)/g)].map(([, prefix, name]) => [prefix, name])
      t.same(
        prefixed.filter(([prefix]) => prefix !== 'SOAP-ENV').map(([, name]) => /^success/.test(String(name))),
        [true],
      )
    }
  },
)

t.test('needs: a record has Id and Email also where one is nil, and each attribute name, type and value', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead(someAttributes(['City', 'Turin'], ['Title', 'x']), '<marketoCookie>c1</marketoCookie>'))

  const { text } = await face.send(aGetLead('COOKIE', 'c1'))

  t.match(text, /<leadRecord><Id>\d+<\/Id><Email xsi:nil="true"\/><ForeignSysPersonId xsi:nil="true"\/>/)
  t.match(
    text,
    '<attribute><attrName>City</attrName><attrType>string</attrType><attrValue>Turin</attrValue></attribute>',
  )
  t.same(
    [...text.matchAll(/<(\w+):/g)].map(([, prefix]) => prefix).filter(prefix => prefix !== 'SOAP-ENV'),
    ['ns1'],
  )
})

t.test('needs: a string comes as one run of text, as PHP demands', async t => {
  const face = await aSoapFace()
  const value = 'a &amp; b &lt;c> <![CDATA[<d>]]> \u{1F600}'
  await face.send(aSyncLead(email + someAttributes(['City', value])))
  const { text } = await face.send(aGetLead('EMAIL', 'ada@x.example'))

  t.match(text, '<attrValue>a &amp; b &lt;c&gt; &lt;d&gt; \u{1F600}</attrValue>')
})

t.test('needs: the attributes of a lead are elements of a list, one by one, each with its type', async t => {
  const face = await aSoapFace()
  const given = someAttributes(
    ['City', 'Turin'],
    ['NumberOfEmployees', '7'],
    ['DoNotCall', 'true'],
    ['DateofBirth', '1815-12-10'],
  )
  const { text } = await face.send(aSyncLead(email + given, asked))

  const each = '//leadAttributeList/attribute'
  t.same(textsAt(text, `${each}/attrName`), ['City', 'DateofBirth', 'DoNotCall', 'NumberOfEmployees'])
  t.same(textsAt(text, `${each}/attrType`), ['string', 'date', 'boolean', 'integer'])
  t.same(textsAt(text, `${each}/attrValue`), ['Turin', '1815-12-10', '1', '7'])
})

t.test('needs: what is said to be an integer can be read as one, also where nothing was given', async t => {
  const face = await aSoapFace()
  const numbers = someAttributes(['LeadScore', '-12'], ['NumberOfEmployees', '0'], ['City', 'Turin'])
  const { text } = await face.send(aSyncLead(email + numbers, asked))
  const values = textsAt(text, '//attribute[attrType="integer" or attrType="score"]/attrValue')

  t.same(values, ['-12', '0'])
  const blank = await face.send(aSyncLead(email + someAttributes(['LeadScore', ' ']), asked))
  t.same(textsAt(blank.text, '//attribute[attrName="LeadScore"]'), [], 'a number that was cleared is not there')
})

t.test('needs: syncLead with returnLead gives the full record, without it the record is nil', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead(email + someAttributes(['City', 'Turin'])))
  const full = await face.send(aSyncLead(email + someAttributes(['Title', 'Countess']), asked))
  const found = await face.send(aGetLead('EMAIL', 'ada@x.example'))

  const record = /<leadRecord>.*<\/leadRecord>/
  t.match(full.text, '<attrValue>Turin</attrValue>', 'also what was not in this call')
  t.equal(record.exec(full.text)?.[0], record.exec(found.text)?.[0], 'just as getLead has it')
  for (const rest of ['<returnLead>false</returnLead>', '<returnLead>0</returnLead>', '']) {
    t.match((await face.send(aSyncLead(email, rest))).text, '<leadRecord xsi:nil="true"/>')
  }
})

t.test('needs: leadId is in the result and in syncStatus, and the status is CREATED, then UPDATED', async t => {
  const face = await aSoapFace()
  for (const status of ['CREATED', 'UPDATED']) {
    const { leadId, syncStatus } = resultOf(await face.send(aSyncLead(email)))
    t.match(leadId, /^\d+$/)
    t.same([syncStatus?.leadId, syncStatus?.status], [leadId, status])
  }
})

t.test('needs: the count of getLead is that of its records, for one as for several', async t => {
  const face = await aSoapFace()
  const record = `<leadRecord>${email}</leadRecord>`
  await face.send(aSyncLead(email))
  const one = await face.send(aGetLead('EMAIL', 'ada@x.example'))
  t.same(textsAt(one.text, '//result/count'), ['1'])
  t.equal(textsAt(one.text, '//leadRecordList/leadRecord').length, 1)

  const message = aSyncLead(email)
    .replace(/<ns1:paramsSyncLead>.*<\/ns1:paramsSyncLead>/, '<ns1:paramsSyncMultipleLeads/>')
    .replace(
      '<ns1:paramsSyncMultipleLeads/>',
      `<ns1:paramsSyncMultipleLeads><leadRecordList>${record}${record}</leadRecordList>` +
        '<dedupEnabled>false</dedupEnabled></ns1:paramsSyncMultipleLeads>',
    )
  resultOf(await face.send(message))
  const three = await face.send(aGetLead('EMAIL', 'ada@x.example'))
  t.same(textsAt(three.text, '//result/count'), ['3'])
  t.equal(textsAt(three.text, '//leadRecordList/leadRecord').length, 3)
})

t.test('needs: every record of getLeadActivity has an id, a time in ISO 8601 and a type', async t => {
  const face = await aSoapFace()
  const { leadId } = resultOf(await face.send(aSyncLead(email)))
  await face.send(aSyncLead(email + someAttributes(['City', 'Turin'], ['Unsubscribed', '1'])))
  const { body } = await face.send(aGetLeadActivity('IDNUM', String(leadId)))

  const records = [body.successGetLeadActivity!.leadActivityList!.activityRecordList!.activityRecord!].flat() as Tree[]
  t.equal(records.length, 3)
  for (const { id, activityDateTime, activityType } of records) {
    t.match(id, /^\d+$/)
    t.match(activityDateTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/)
    t.match(activityType, /^(New Lead|Change Data Value|Unsubscribe Email)$/)
  }
})

t.test('needs: every record of getLeadChanges has its five elements, also where one is nil', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead(email))
  await face.send(aSyncLead(email + someAttributes(['City', 'Turin'], ['Unsubscribed', '1'])))
  const { text } = await face.send(aGetLeadChanges(aPosition({ oldest: longAgo })))

  const records = textsAt(text, '//leadChangeRecord').length
  t.equal(records, 3)
  for (const name of ['id', 'activityDateTime', 'activityType', 'mktgAssetName', 'mktPersonId']) {
    t.equal(textsAt(text, `//leadChangeRecord/${name}`).length, records, name)
  }
})
