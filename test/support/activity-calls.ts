// The two calls that read activities: what goes into them, what comes back, and the loops of real clients. It knows the
// messages; it must not know any test.
import { aMessage, type Reading, resultOf, type SoapFace, type Tree } from './soap-face.js'

export const xml = (name: string, content: string | number | undefined): string =>
  content === undefined ? '' : `<${name}>${content}</${name}>`

export function aGetLeadChanges(inside: string): string {
  return aMessage(`<ns1:paramsGetLeadChanges>${inside}</ns1:paramsGetLeadChanges>`)
}

export function aGetLeadActivity(keyType: string, keyValue: string | number, rest = ''): string {
  const key = `<leadKey>${xml('keyType', keyType)}${xml('keyValue', keyValue)}</leadKey>`
  return aMessage(`<ns1:paramsGetLeadActivity>${key}${rest}</ns1:paramsGetLeadActivity>`)
}

/** A startPosition with what is given, in the order of the schema. */
export function aPosition(given: { oldest?: string; latest?: string; offset?: string } = {}): string {
  const { oldest, latest, offset } = given
  return xml('startPosition', xml('latestCreatedAt', latest) + xml('oldestCreatedAt', oldest) + xml('offset', offset))
}

export const longAgo = '2001-01-01T00:00:00Z'

export interface Page {
  readonly returned: number
  readonly remaining: number
  readonly ids: readonly number[]
  readonly offset: string | undefined
  readonly oldest: string | undefined
  readonly latest: string | undefined
  readonly records: readonly Tree[]
  /** The newStartPosition as it came, nil elements included, as a startPosition. */
  readonly echo: string
}

/** A page of either call. @throws Error where it is a fault, or where its count is not that of its records */
export function pageIn(reading: Reading): Page {
  const list = reading.body.successGetLeadActivity?.leadActivityList ?? resultOf(reading)
  const { returnCount, remainingCount, newStartPosition, leadChangeRecordList, activityRecordList } = list
  const found = leadChangeRecordList?.leadChangeRecord ?? activityRecordList?.activityRecord ?? []
  const records = [found].flat() as Tree[]
  if (records.length !== Number(returnCount)) throw new Error(`returnCount ${returnCount}, records ${records.length}`)
  const said = (name: string): string | undefined => {
    const value = newStartPosition?.[name] as unknown
    return typeof value === 'string' ? value : undefined
  }
  const [, echo] = /<newStartPosition>(.*)<\/newStartPosition>/.exec(reading.text) ?? []
  return {
    returned: Number(returnCount),
    remaining: Number(remainingCount),
    ids: records.map(({ id }) => Number(id)),
    offset: said('offset'),
    oldest: said('oldestCreatedAt'),
    latest: said('latestCreatedAt'),
    records,
    echo: xml('startPosition', echo),
  }
}

export async function changes(face: SoapFace, inside: string): Promise<Page> {
  return pageIn(await face.send(aGetLeadChanges(inside)))
}

export async function history(face: SoapFace, leadId: number, rest = ''): Promise<Page> {
  return pageIn(await face.send(aGetLeadActivity('IDNUM', leadId, rest)))
}

/** Code and message of the fault that must come. */
export async function faultIn(face: SoapFace, message: string): Promise<readonly string[]> {
  const { fault } = await face.send(message)
  if (fault === null) throw new Error('expected a fault, got a result')
  return [fault.code, fault.message]
}

/** Attributes of a record as pairs. */
export function attributesOf(record: Tree | undefined): readonly (readonly [string, string])[] {
  const list = [record?.activityAttributes?.attribute ?? []].flat() as unknown as {
    attrName: string
    attrValue: string
  }[]
  return list.map(({ attrName, attrValue }) => [attrName, attrValue])
}
