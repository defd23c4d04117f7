// Each path speaks its version: what is written is valid against that version's schema, what any version may send is
// read, and the WSDL is that of the path. The values are generated, so that no operation has to be implemented for it.
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { cpuUsage } from 'node:process'
import t, { type Test } from 'tap'
import { defaultBodyLimits, readBody } from '../../src/http/body.js'
import { readNetworks } from '../../src/http/networks.js'
import { publicUrl } from '../../src/http/public-url.js'
import { createHttpServer } from '../../src/http/server.js'
import { createSoapRequestHandler } from '../../src/soap/request-handler.js'
import { type Contract, loadContracts } from '../../src/soap/wsdl/contracts.js'
import { serveWsdl } from '../../src/soap/wsdl/serve-wsdl.js'
import type { FieldShape, WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { projectRoot } from '../support/project.js'
import { aSoapFace, aSyncLead } from '../support/soap-face.js'
import { encodeRequest, type RequestValues } from './request-envelope.js'
import { type MessageSchema, messageSchema } from './schema.js'
import { emptiestValue, fullestValues, type RecordValue, type Value, withoutEmptyRecords } from './shape-values.js'
import { versionFiles } from './version-files.js'

/** Which paths get which file: those of the versions that were seen, and those between them. */
const pathsOfFile: Readonly<Record<string, readonly string[]>> = {
  '2_1': ['1_3', '1_4', '1_5', '1_6', '1_7', '1_8', '1_9', '2_0', '2_1'],
  '2_2': ['2_2'],
  '2_3': ['2_3', '2_4', '2_5', '2_6'],
  '2_7': ['2_7', '2_8', '2_9'],
  '3_1': ['3_0', '3_1'],
}

const startedWith = cpuUsage()
const contracts = await loadContracts(`${projectRoot}wsdl`)
const loaded = cpuUsage(startedWith)

const files = (await versionFiles()).map(file => ({ ...file, schema: messageSchema(file.wsdlText) }))
const newest = files.at(-1)!.model

t.test('loading all versions takes well under a second of work', async t => {
  t.ok(loaded.user + loaded.system < 1_000_000, `${Math.round((loaded.user + loaded.system) / 1000)} ms`)
})

t.test('the paths that are served are those of the table', async t => {
  t.same([...contracts.keys()], Object.values(pathsOfFile).flat())
})

/**
 * The newest model with every field as demanding as in any version: values of it are what handlers give, who answer the
 * newest shape and always know the ids that older ones demand.
 */
function mostDemanding(): WsdlModel {
  const complexTypes = [...newest.complexTypes].map(([name, shape]) => {
    const fields = shape.fields.map(field =>
      files.reduce((strictest, { model }) => stricter(strictest, model, name), field),
    )
    return [name, { ...shape, fields }] as const
  })
  return { ...newest, complexTypes: new Map(complexTypes) }
}

function stricter(field: FieldShape, model: WsdlModel, type: string): FieldShape {
  const other = model.complexTypes.get(type)!.fields.find(({ name }) => name === field.name)
  if (other === undefined) return field
  return {
    ...field,
    type: other.type.name === 'int' ? other.type : field.type,
    required: field.required || other.required,
    nillable: field.nillable && other.nillable,
  }
}

const demanding = mostDemanding()

/** Lists have one item each, of which only what is demanded is there. */
function barestValue(type: string): RecordValue {
  const value = emptiestValue(demanding, type)
  for (const field of demanding.complexTypes.get(type)!.fields) {
    if (field.type.kind !== 'complex' || field.type.name === 'LeadSelector') continue
    if (field.repeated) value[field.name] = [barestValue(field.type.name)]
    // Also what may be absent, where it is the way to a list.
    else value[field.name] = barestValue(field.type.name)
  }
  return value
}

const encodeOf = (contract: Contract) => contract.encode as (name: string, reply: object, soap: '1.1') => string

for (const { version, schema, model } of files) {
  const paths = pathsOfFile[version]!

  t.test(`on the paths of ${version}, every reply is valid against its schema`, async t => {
    for (const { name, output } of newest.operations.values()) {
      const { type } = output
      for (const reply of [...fullestValues(demanding, type), emptiestValue(demanding, type), barestValue(type)]) {
        for (const path of paths) {
          const text = encodeOf(contracts.get(path)!)(name, reply, '1.1')
          const problems = schema.envelopeProblems(text)
          if (problems.length > 0) t.same(problems, [], `${path} ${name}: ${text}`)
        }
      }
      t.pass(name)
    }
  })

  t.test(`the requests of ${version} are read on every path`, async t => {
    const encodeCall = encodeRequest(model)
    for (const operation of model.operations.keys()) {
      for (const values of requestsOf(model, operation)) {
        const text = encodeCall(operation, values)
        t.same(schema.envelopeProblems(text), [], `a valid call of ${operation}`)
        for (const [path, contract] of contracts) readsAsMeant(t, { contract, path, text, model, operation, values })
      }
      t.pass(operation)
    }
  })
}

function requestsOf(model: WsdlModel, operation: string): RequestValues[] {
  const { input, headerParts } = model.operations.get(operation)!
  const blocksOf = (value: (type: string) => RecordValue) =>
    Object.fromEntries(headerParts.map(({ part, element }) => [part, value(element.type)]))
  return [
    ...fullestValues(model, input.type).map(params => ({
      params,
      blocks: blocksOf(type => fullestValues(model, type)[0]!),
    })),
    { params: emptiestValue(model, input.type), blocks: blocksOf(type => emptiestValue(model, type)) },
  ]
}

interface Sent {
  readonly contract: Contract
  readonly path: string
  readonly text: string
  readonly model: WsdlModel
  readonly operation: string
  readonly values: RequestValues
}

function readsAsMeant(t: Test, { contract, path, text, model, operation, values }: Sent): void {
  const reading = contract.decode(text)
  const read =
    reading.type === 'request' && reading.findings.length === 0 && reading.unknown.length === 0
      ? { operation: reading.operation, params: reading.params, blocks: reading.header.blocks }
      : reading
  const { type } = model.operations.get(operation)!.input
  const meant = { operation, params: withoutEmptyRecords(model, type, values.params), blocks: values.blocks }
  if (JSON.stringify(sorted(read)) !== JSON.stringify(sorted(meant)))
    t.strictSame(read, meant, `${operation} on ${path}`)
}

/** Keys in one order, so that comparing texts is enough; tap's comparison is kept for what differs. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  )
}

t.test('what only an old version can say is read on a new path, and the other way round', async t => {
  const read = (path: string, body: string) => {
    const reading = contracts
      .get(path)!
      .decode(
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://www.marketo.com/mktows/" ' +
          `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body>${body}</e:Body></e:Envelope>`,
      )
    return reading.type === 'request' && reading.unknown.length === 0 ? reading.params : reading
  }
  const listCall =
    '<m:paramsListOperation><listOperation>CLEARLIST</listOperation>' +
    '<skipActivityLog>1</skipActivityLog></m:paramsListOperation>'
  const changesCall =
    '<m:paramsGetLeadChanges><activityNameFilter><stringItem>New Lead</stringItem></activityNameFilter>' +
    '<leadSelector xsi:type="m:StaticListSelector"><staticListId>7</staticListId></leadSelector>' +
    '</m:paramsGetLeadChanges>'

  t.same(read('3_1', listCall), { listOperation: 'CLEARLIST', skipActivityLog: true })
  t.same(read('2_1', changesCall), {
    activityNameFilter: { stringItem: ['New Lead'] },
    leadSelector: { $type: 'StaticListSelector', staticListId: 7 },
  })
  t.same(read('1_3', '<m:paramsSyncLead><moveCookie>true</moveCookie></m:paramsSyncLead>'), { moveCookie: true })
})

t.test('an activity has a GUID in 3_x and an id that is no GUID before', async t => {
  const record = { id: 7, marketoGUID: '7', activityDateTime: 0, activityType: 'New Lead', mktPersonId: '1' }
  const reply = {
    result: {
      returnCount: 1,
      remainingCount: 0,
      newStartPosition: {},
      leadChangeRecordList: { leadChangeRecord: [record] },
    },
  }
  const written = (path: string, value: object = reply) =>
    encodeOf(contracts.get(path)!)('getLeadChanges', value, '1.1')
  const withoutId = JSON.parse(JSON.stringify(reply).replace('"id":7,', ''))

  for (const path of contracts.keys()) {
    t.match(written(path), '<leadChangeRecord><id>7</id>')
    t.equal(written(path).includes('<marketoGUID>7</marketoGUID>'), path.startsWith('3_'), path)
  }
  t.match(written('3_1', withoutId), '<leadChangeRecord><id xsi:nil="true"/>')
  t.throws(() => written('2_7', withoutId), { name: 'EncodeError', message: /LeadChangeRecord.id: expected a value/ })
  const tooWide = JSON.parse(JSON.stringify(reply).replace('"id":7,', `"id":${2 ** 31},`))
  t.match(written('2_7', tooWide), '<id>2147483648</id>')
  t.throws(() => written('2_3', tooWide), { name: 'EncodeError' })
})

/** A server that says, as the real one does, that it is where it was asked for. */
async function aServer(
  t: Test,
): Promise<(method: string, path: string, host: string, body?: string) => Promise<Answer>> {
  const face = await aSoapFace()
  const { networks: trustedProxies } = readNetworks([])
  const http = createHttpServer({
    handle: createSoapRequestHandler({
      contracts,
      endpoint: face.endpoint,
      readBody: request => readBody(request, defaultBodyLimits),
      publicUrl: request => publicUrl(request, { publicUrl: null, trustedProxies }),
      requestIdOf: () => 'request-1',
      onDefect: cause => t.fail(String(cause)),
    }),
    fallback: (_request, response) => response.writeHead(418).end(),
    onDefect: cause => t.fail(String(cause)),
  })
  const port = await http.listen(0, '127.0.0.1')
  t.teardown(() => http.close(100))
  return async (method, path, host, body = '') => {
    const outgoing = request({ port, method, path, headers: { Host: host, 'Content-Type': 'text/xml' } })
    outgoing.end(body)
    const [response] = await once(outgoing, 'response')
    let text = ''
    for await (const chunk of response) text += chunk
    return { status: response.statusCode, headers: response.headers, text }
  }
}

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

t.test('each path serves the WSDL of its version under its own address, however ?wsdl is written', async t => {
  const ask = await aServer(t)
  for (const { version, wsdlText } of files) {
    for (const path of pathsOfFile[version]!) {
      const expected = serveWsdl(wsdlText, `http://unsubscribe.example:8080/soap/mktows/${path}`)
      for (const query of ['?WSDL', '?wsdl', '?Wsdl', '?wSdL', '/?WSDL', '?wsdl=']) {
        const { status, text } = await ask('GET', `/soap/mktows/${path}${query}`, 'unsubscribe.example:8080')
        if (status !== 200 || text !== expected) t.equal(text, expected, `${path}${query}`)
      }
      t.match(expected, `location="http://unsubscribe.example:8080/soap/mktows/${path}"`)
    }
  }
})

t.test('an instance host, a pod host and the shared host are all answered, in any case', async t => {
  const ask = await aServer(t)
  const call = aSyncLead('<Email>ada@x.example</Email>')
  for (const host of ['000-AAA-111.mktoapi.com', '000-aaa-111.mktoapi.com', 'na-q.marketo.com', 'app.marketo.com']) {
    const wsdl = await ask('GET', '/soap/mktows/2_3?WSDL', host)
    const reply = await ask('POST', '/soap/mktows/2_3', host, call)

    t.match(wsdl.text, `<soap:address location="http://${host}/soap/mktows/2_3"/>`)
    t.match(reply, { status: 200, text: 'successSyncLead' }, host)
  }
})

t.test('these checks see a reply of another version', async t => {
  const changes = files.map(({ schema }): MessageSchema => schema)
  const reply = fullestValues(demanding, 'SuccessGetLeadChanges')[0] as Record<string, Value>
  const text = encodeOf(contracts.get('3_1')!)('getLeadChanges', reply, '1.1')

  t.match(changes[0]!.envelopeProblems(text).join(), /marketoGUID/)
  t.same(changes.at(-1)!.envelopeProblems(text), [])
})
