// What real legacy clients send: the numbered habits that are about SOAPAction, addresses, selectors and campaigns.
// What is about the header, syncLead and getLead is in client-habits.test.ts.
import t from 'tap'
import { xml } from '../support/activity-calls.js'
import {
  aGetLead,
  aMessage,
  aSoapFace,
  aSyncLead,
  mktows,
  resultOf,
  type SoapFace,
  type Tree,
} from '../support/soap-face.js'
import { aSoapServer, endpointUrl, sendTo } from '../support/soap-over-http.js'

const email = '<Email>ada@x.example</Email>'
const contentType = { 'Content-Type': 'text/xml; charset=utf-8' }
const dayMs = 24 * 3_600_000
const iso = (time: number): string => new Date(time).toISOString()

/** What is updated is timed by the clock of the machine, so the calls must be too. */
const aFaceOfNow = (): Promise<SoapFace> => aSoapFace({ now: Date.now, signatureWindowMs: Number.MAX_SAFE_INTEGER })

const idsIn = ({ leadRecordList }: Tree): readonly string[] =>
  ([leadRecordList?.leadRecord ?? []].flat() as readonly Tree[]).map(({ Id }) => String(Id))

t.test('habit 1: the element in the Body says what is called, and SOAPAction never does', async t => {
  const server = await aSoapServer(t)
  const actions = [
    '"http://www.marketo.com/mktows/syncLead"',
    'http://www.marketo.com/mktows/syncLead',
    '""',
    '',
    '"http://www.marketo.com/mktows/paramsSyncLead"',
    '"http://www.marketo.com/mktows/getLead"',
    '"urn:something#else"',
  ]
  for (const headers of [{}, ...actions.map(SOAPAction => ({ SOAPAction }))]) {
    const said = JSON.stringify(headers)
    const saved = await server.post('/soap/mktows/3_1', aSyncLead(email), { ...contentType, ...headers })
    t.match(saved.text, '<ns1:successSyncLead>', said)
    const read = await server.post('/soap/mktows/3_1', aGetLead('EMAIL', 'ada@x.example'), {
      ...contentType,
      ...headers,
    })
    t.match(read.text, '<ns1:successGetLead>', said)
  }
})

t.test('habit 1: SOAPAction is not asked where the Body has something unknown either', async t => {
  const server = await aSoapServer(t)
  const SOAPAction = '"http://www.marketo.com/mktows/syncLead"'
  const reply = await server.post('/soap/mktows/3_1', aMessage('<ns1:paramsFoo/>'), { ...contentType, SOAPAction })

  t.equal(reply.status, 500)
  t.match(reply.text, '<code>20019</code>')
})

t.test('habit 9: the xsi:type of a leadSelector may have any prefix', async t => {
  const face = await aSoapFace()
  const { leadId } = resultOf(await face.send(aSyncLead(email)))
  const keys = '<keyType>EMAIL</keyType><keyValues><stringItem>ada@x.example</stringItem></keyValues>'
  for (const prefix of ['ns1', 'ns2', 'q1', 'tns', 'mkt']) {
    const selector = `<leadSelector xmlns:${prefix}="${mktows}" xsi:type="${prefix}:LeadKeySelector">`
    const body = `<ns1:paramsGetMultipleLeads>${selector}${keys}</leadSelector></ns1:paramsGetMultipleLeads>`
    t.same(idsIn(resultOf(await face.send(aMessage(body)))), [leadId], prefix)
  }
})

t.test('habit 9: a leadSelector without xsi:type is known by its children, whichever of the three it is', async t => {
  const face = await aFaceOfNow()
  const { leadId: ada } = resultOf(await face.send(aSyncLead(email)))
  const { leadId: bob } = resultOf(await face.send(aSyncLead('<Email>bob@x.example</Email>')))
  const list = await face.store.addList('Visitors', 'Fair')
  const key = `<leadKey><keyType>IDNUM</keyType><keyValue>${bob}</keyValue></leadKey>`
  const listKey = '<listKey><keyType>MKTOLISTNAME</keyType><keyValue>Fair.Visitors</keyValue></listKey>'
  const add = `<listOperation>ADDTOLIST</listOperation>${listKey}<listMemberList>${key}</listMemberList>`
  t.equal(
    resultOf(await face.send(aMessage(`<ns1:paramsListOperation>${add}</ns1:paramsListOperation>`))).success,
    'true',
  )
  const ask = async (inside: string) =>
    idsIn(
      resultOf(
        await face.send(
          aMessage(`<ns1:paramsGetMultipleLeads><leadSelector>${inside}</leadSelector></ns1:paramsGetMultipleLeads>`),
        ),
      ),
    )

  const byKey = xml('keyType', 'EMAIL') + xml('keyValues', xml('stringItem', 'ada@x.example'))
  t.same(await ask(byKey), [ada])
  t.same(await ask(xml('staticListName', 'Fair.Visitors')), [bob])
  t.same(await ask(xml('staticListId', list!.id)), [bob])
  t.same((await ask(xml('oldestUpdatedAt', iso(Date.now() - dayMs)))).toSorted(), [ada, bob].toSorted())
})

t.test(
  'habit 9: lastUpdatedAt from before there were selectors still reads, on the oldest path and the newest',
  async t => {
    const face = await aFaceOfNow()
    const { leadId } = resultOf(await face.send(aSyncLead(email)))
    const since = (time: number) =>
      aMessage(`<ns1:paramsGetMultipleLeads>${xml('lastUpdatedAt', iso(time))}</ns1:paramsGetMultipleLeads>`)

    for (const version of ['1_6', '2_0', '2_3', '3_1']) {
      t.same(idsIn(resultOf(await sendTo(face, version, since(Date.now() - dayMs)))), [leadId], version)
      t.same(idsIn(resultOf(await sendTo(face, version, since(Date.now() + dayMs)))), [], `${version}, nothing since`)
    }
  },
)

t.test('habit 10: requestCampaign comes without a source, with an id or with both names and tokens', async t => {
  const face = await aSoapFace()
  const { leadId } = resultOf(await face.send(aSyncLead(email)))
  const flow = await face.store.addFlow({
    name: 'Move',
    program: 'Spring',
    description: '',
    steps: [{ field: 'City', value: '{{my.city}}' }],
    listId: null,
  })
  const leads = `<leadList>${xml('leadKey', xml('keyType', 'IDNUM') + xml('keyValue', Number(leadId)))}</leadList>`
  const token = (city: string) =>
    `<programTokenList><attrib><name>{{my.city}}</name><value>${city}</value></attrib></programTokenList>`
  const names = '<programName>Spring</programName><campaignName>Move</campaignName>'
  const city = async () => {
    const { text } = await face.send(aGetLead('IDNUM', String(leadId)))
    return /<attrName>City<\/attrName><attrType>string<\/attrType><attrValue>([^<]*)/.exec(text)?.[1]
  }
  for (const [place, inside] of [
    ['Turin', `<campaignId>${flow!.id}</campaignId>${leads}${token('Turin')}`],
    ['Rome', `${leads}${names}${token('Rome')}`],
    ['Paris', `<source>MKTOWS</source>${leads}${names}${token('Paris')}`],
    ['Bonn', `${token('Bonn')}${names}<campaignId xsi:nil="true"/><source/>${leads}`],
  ] as const) {
    const reading = await face.send(aMessage(`<ns1:paramsRequestCampaign>${inside}</ns1:paramsRequestCampaign>`))
    t.equal(resultOf(reading).success, 'true', inside)
    t.equal(await city(), place)
  }
})

t.test('habit 14: a POST to an address that ends in ?WSDL is a call, and never answered with the WSDL', async t => {
  const server = await aSoapServer(t)
  for (const query of ['?WSDL', '?wsdl', '?Wsdl', '/?WSDL']) {
    const reply = await server.post(`/soap/mktows/3_1${query}`, aSyncLead(email), contentType)
    t.equal(reply.status, 200, query)
    t.match(reply.text, '<ns1:successSyncLead>')
    t.notMatch(reply.text, 'definitions')
  }
})

t.test('habit 14: a GET of ?WSDL needs no signature, in any case of the word', async t => {
  const { get } = await aSoapServer(t)
  for (const query of ['?WSDL', '?wsdl', '?Wsdl', '?wSDL']) {
    // As PHP asks for it: no User-Agent, and the connection closed behind it.
    const reply = await get(`/soap/mktows/3_1${query}`, { Connection: 'close' })
    t.equal(reply.status, 200, query)
    t.match(reply.text, /<wsdl:definitions name="mktows"|<definitions name="mktows"/)
  }
})

const versionsSeen = '1_3 1_4 1_5 1_6 1_7 1_8 2_0 2_1 2_2 2_3 2_4 2_6 2_7 2_9 3_1'.split(' ')

for (const version of versionsSeen) {
  t.test(`habit 15: on the path ${version} calls are answered and the WSDL names that path`, async t => {
    const server = await aSoapServer(t)
    const path = `/soap/mktows/${version}`

    t.match((await server.post(path, aSyncLead(email), contentType)).text, '<status>CREATED</status>')
    t.match((await server.post(path, aGetLead('EMAIL', 'ada@x.example'), contentType)).text, '<count>1</count>')
    const { status, text } = await server.get(`${path}?WSDL`)
    t.equal(status, 200)
    t.same(
      [...text.matchAll(/<soap:address location="([^"]*)"/g)].map(([, address]) => address),
      [endpointUrl + path],
    )
  })
}
