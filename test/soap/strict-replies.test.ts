// What strict clients need of replies, by the paragraphs behind the table of legacy-soap-contract 1.2: elements in the
// order of the schema of their version and no others, and nil elements that are there. The schemas are the served ones.
import t from 'tap'
import { messageSchema } from '../contract/schema.js'
import { fileVersions, versionFiles } from '../contract/version-files.js'
import { aGetLeadActivity, aGetLeadChanges, aPosition, longAgo } from '../support/activity-calls.js'
import {
  aGetLead,
  aMessage,
  aSoapFace,
  aSyncLead,
  resultOf,
  type SoapFace,
  someAttributes,
} from '../support/soap-face.js'
import { sendTo } from '../support/soap-over-http.js'

const email = '<Email>ada@x.example</Email>'
const files = await versionFiles()

/** A reply of each kind that a client of a lead reads. */
async function someCalls(face: SoapFace): Promise<readonly string[]> {
  const { leadId } = resultOf(await face.send(aSyncLead(email + someAttributes(['City', 'Turin']))))
  await face.store.addList('Visitors', 'Fair')
  const key = `<leadKey><keyType>IDNUM</keyType><keyValue>${leadId}</keyValue></leadKey>`
  const list = '<listKey><keyType>MKTOLISTNAME</keyType><keyValue>Fair.Visitors</keyValue></listKey>'
  return [
    aSyncLead(email, '<returnLead>true</returnLead>'),
    aSyncLead(email + someAttributes(['Unsubscribed', '1'])),
    aGetLead('EMAIL', 'ada@x.example'),
    aGetLeadActivity('IDNUM', String(leadId)),
    aGetLeadChanges(aPosition({ oldest: longAgo })),
    aMessage(
      `<ns1:paramsListOperation><listOperation>ADDTOLIST</listOperation>${list}` +
        `<listMemberList>${key}</listMemberList></ns1:paramsListOperation>`,
    ),
    aMessage(
      `<ns1:paramsSyncMultipleLeads><leadRecordList><leadRecord>${email}</leadRecord></leadRecordList>` +
        '</ns1:paramsSyncMultipleLeads>',
    ),
    aMessage('<ns1:paramsListMObjects/>'),
  ]
}

for (const [index, version] of fileVersions.entries()) {
  t.test(
    `strict clients: replies of ${version} have its elements in its order, and none that it does not know`,
    async t => {
      const face = await aSoapFace()
      const schema = messageSchema(files[index]!.wsdlText)
      for (const message of await someCalls(face)) {
        const { text, fault } = await sendTo(face, version, message)
        t.equal(fault, null)
        t.same(schema.envelopeProblems(text), [], text)
      }
    },
  )
}

for (const version of ['1_6', '2_1', '2_7', '3_1']) {
  const isNew = version === '3_1'
  t.test(
    `strict clients: activities of ${version} have ${isNew ? 'a marketoGUID' : 'no marketoGUID, and an id'}`,
    async t => {
      const face = await aSoapFace()
      const { leadId } = resultOf(await face.send(aSyncLead(email)))
      for (const message of [
        aGetLeadChanges(aPosition({ oldest: longAgo })),
        aGetLeadActivity('IDNUM', String(leadId)),
      ]) {
        const { text } = await sendTo(face, version, message)
        t.equal(text.includes('<marketoGUID>'), isNew)
        t.match(text, /<(activityRecord|leadChangeRecord)><id>\d+<\/id>/)
      }
    },
  )
}

t.test('always nil and never left out: error, leadRecord, foreign ids and attributes of a lead', async t => {
  const face = await aSoapFace()
  const brief = await face.send(aSyncLead(email))
  t.match(brief.text, '<error xsi:nil="true"/></syncStatus><leadRecord xsi:nil="true"/></result>')
  const full = await face.send(aSyncLead(email, '<returnLead>true</returnLead>'))
  t.match(
    full.text,
    '<ForeignSysPersonId xsi:nil="true"/><ForeignSysType xsi:nil="true"/>' +
      '<leadAttributeList xsi:nil="true"/></leadRecord>',
  )
})

t.test('always nil and never left out: statusList of a listOperation that went well', async t => {
  const face = await aSoapFace()
  const [, , , , , addToList] = await someCalls(face)
  const { text } = await face.send(addToList!)

  t.match(text, '<success>true</success><statusList xsi:nil="true"/></result>')
})

t.test('always nil and never left out: the parts of a position, and what an activity does not have', async t => {
  const face = await aSoapFace()
  const nothing = await face.send(aGetLeadChanges(aPosition({ oldest: longAgo })))
  t.match(nothing.text, '<latestCreatedAt xsi:nil="true"/>')
  t.match(nothing.text, '<activityCreatedAt xsi:nil="true"/><offset xsi:nil="true"/></newStartPosition>')

  const { leadId } = resultOf(await face.send(aSyncLead(email)))
  const { text } = await face.send(aGetLeadActivity('IDNUM', String(leadId)))
  for (const name of ['personName', 'foreignSysId', 'orgName', 'foreignSysOrgId', 'attrType']) {
    t.match(text, `<${name} xsi:nil="true"/>`)
  }
})

t.test('left out where there is none: the campaign of a change, which the schema does not let be nil', async t => {
  const face = await aSoapFace()
  await face.send(aSyncLead(email))
  const { text } = await face.send(aGetLeadChanges(aPosition({ oldest: longAgo })))

  t.match(text, '<leadChangeRecord>')
  t.notMatch(text, '<campaign')
})
