// Five files are kept by hand, so their differences are written down a second time, as a table: the older file with the
// edits of its step must be the newer one, and nothing else may differ. What an edit means is for a reader of
// legacy-soap-contract 8 to check; that no other difference slips in is for this test.
import t from 'tap'
import type { FieldShape, WsdlModel } from '../../src/soap/wsdl/wsdl-shape.js'
import { versionFiles } from './version-files.js'

/** One field or member of a type: what it becomes, or null where it goes; or what comes behind it. */
interface Edit {
  readonly type: string
  readonly at: string
  readonly becomes?: string | null
  readonly followedBy?: string
}

// In the notation of the contract: `x?` may be absent, `x*` is a list, `^` may be nil.
const steps: readonly { readonly from: string; readonly to: string; readonly edits: readonly Edit[] }[] = [
  {
    from: '2_1',
    to: '2_2',
    edits: [{ type: 'ParamsGetLeadChanges', at: 'batchSize?^: int', followedBy: 'leadSelector?: LeadSelector' }],
  },
  {
    from: '2_2',
    to: '2_3',
    edits: [
      {
        type: 'ParamsGetLeadChanges',
        at: 'activityFilter?^: ActivityTypeFilter',
        followedBy: 'activityNameFilter?^: ArrayOfString',
      },
      { type: 'ParamsListOperation', at: 'skipActivityLog?^: boolean', becomes: null },
      { type: 'ListOperationType', at: 'CLEARLIST', becomes: null },
    ],
  },
  {
    from: '2_3',
    to: '2_7',
    edits: [
      { type: 'ActivityRecord', at: 'id: int', becomes: 'id: long' },
      { type: 'LeadChangeRecord', at: 'id: int', becomes: 'id: long' },
      { type: 'MObjStatus', at: 'id: int', becomes: 'id^: int' },
      { type: 'ParamsMergeLeads', at: 'losingLeadKeyLists: ArrayOfKeyList', followedBy: 'mergeInSales?: boolean' },
    ],
  },
  {
    from: '2_7',
    to: '3_1',
    edits: [
      { type: 'AuthenticationHeaderInfo', at: 'requestTimestamp: string', followedBy: 'partnerId?: string' },
      { type: 'ParamsScheduleCampaign', at: 'programName: string', followedBy: 'cloneToProgramName?^: string' },
      { type: 'ParamsSyncLead', at: 'marketoCookie?^: string', followedBy: 'moveCookie?^: boolean' },
      { type: 'ActivityRecord', at: 'id: long', becomes: 'id?^: long', followedBy: 'marketoGUID: string' },
      { type: 'LeadChangeRecord', at: 'id: long', becomes: 'id?^: long', followedBy: 'marketoGUID: string' },
    ],
  },
]

const files = new Map((await versionFiles()).map(file => [file.version, file]))

/** Everything that a model says, as texts: its parts by name, each a list. */
function described(model: WsdlModel): Map<string, readonly string[]> {
  const { targetNamespace, operations, headerParts, elements, complexTypes, enumerations } = model
  return new Map<string, readonly string[]>([
    ['(target namespace)', [targetNamespace]],
    ['(operations)', [...operations.values()].map(operation => JSON.stringify(operation))],
    ['(header parts)', [...headerParts.values()].map(part => JSON.stringify(part))],
    ['(global elements)', [...elements.values()].map(({ name, type }) => `${name}: ${type}`)],
    ['(bases)', [...complexTypes.values()].map(each => JSON.stringify({ ...each, fields: [] }))],
    ...[...complexTypes.values()].map(({ name, fields }) => [name, fields.map(describeField)] as const),
    ...[...enumerations.values()].map(({ name, values }) => [name, values] as const),
  ])
}

function describeField({ name, type, required, repeated, nillable }: FieldShape): string {
  return `${name}${repeated ? '*' : required ? '' : '?'}${nillable ? '^' : ''}: ${type.name}`
}

function edited(older: Map<string, readonly string[]>, edits: readonly Edit[]): Map<string, readonly string[]> {
  const newer = new Map(older)
  for (const { type, at, becomes = at, followedBy } of edits) {
    const lines = newer.get(type) ?? []
    if (!lines.includes(at)) throw new Error(`${type} has no '${at}', but ${lines.join(' · ')}`)
    const put = [becomes, followedBy].filter(line => line !== undefined && line !== null)
    newer.set(
      type,
      lines.flatMap(line => (line === at ? put : [line])),
    )
  }
  return newer
}

/** What a model does not hold: messages, port, binding, service; without comments and the version's own address. */
function aroundSchema(version: string): string {
  return files
    .get(version)!
    .wsdlText.replace(/<xs:schema[\s\S]*<\/xs:schema>/, '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replace(`/soap/mktows/${version}"`, '/soap/mktows/"')
}

for (const { from, to, edits } of steps) {
  t.test(`${to} is ${from} with the differences of the table, and no other`, async t => {
    const older = described(files.get(from)!.model)
    const newer = described(files.get(to)!.model)

    t.strictSame([...edited(older, edits)], [...newer])
  })

  t.test(`around the schema, ${to} says what ${from} says`, async t => {
    t.equal(aroundSchema(to), aroundSchema(from))
    t.match(aroundSchema(to), 'location="http://localhost/soap/mktows/"')
  })
}

t.test('the steps lead from the oldest file to the newest without a gap', async t => {
  t.same([steps[0]!.from, ...steps.map(step => step.to)], [...files.keys()])
})

t.test('this comparison sees what is not in the table', async t => {
  const { model } = files.get('2_7')!
  const status = model.complexTypes.get('SyncStatus')!
  const reordered = { ...status, fields: status.fields.toReversed() }
  const planted: WsdlModel = { ...model, complexTypes: new Map(model.complexTypes).set('SyncStatus', reordered) }
  const optional = { ...status, fields: status.fields.map(field => ({ ...field, required: false })) }
  const other: WsdlModel = { ...model, complexTypes: new Map(model.complexTypes).set('SyncStatus', optional) }

  t.notSame([...described(planted)], [...described(model)])
  t.notSame([...described(other)], [...described(model)])
  t.throws(() => edited(described(model), [{ type: 'SyncStatus', at: 'leadId: long' }]), /SyncStatus has no/)
})
