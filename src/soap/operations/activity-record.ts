// An activity as a record of the legacy wire: display name, asset and attributes, in the recorded order
// (legacy-soap-contract 3.8, 3.9, 6). Must not know who asked, nor how activities are found.

import type { FieldDictionary } from '../../domain/field.js'
import type { ActivityRecord as Activity } from '../../service/ports.js'
import { formatDateTime } from '../codec/codec-date-time.js'
import type { ActivityRecord, ArrayOfAttribute, LeadChangeRecord } from '../messages/messages.js'
import { activityName } from './activity-names.js'

/** For getLeadActivity. What has no value is nil or an empty element, exactly where it was recorded as that. */
export function presentActivity(activity: Activity, dictionary: FieldDictionary): ActivityRecord {
  const { assetName = '', ...common } = present(activity, dictionary)
  return { ...common, mktgAssetName: assetName, campaign: '' }
}

/** For getLeadChanges. */
export function presentChange(activity: Activity, dictionary: FieldDictionary): LeadChangeRecord {
  const { assetName, ...common } = present(activity, dictionary)
  return { ...common, mktgAssetName: assetName }
}

function present(activity: Activity, dictionary: FieldDictionary) {
  const { assetName, attributes } = describe(activity, dictionary)
  const personId = String(activity.personId)
  return {
    id: activity.id,
    // Clients were told to know a record by this one; the id of the store is as unique as any.
    marketoGUID: String(activity.id),
    activityDateTime: activity.at,
    activityType: activityName(activity.kind),
    assetName,
    activityAttributes: attributeList([...attributes, ['Lead ID', personId]]),
    mktPersonId: personId,
  }
}

type Pair = readonly [name: string, value: string]

interface Description {
  /** What the activity was about, by the name that people know it under. */
  readonly assetName: string | undefined
  readonly attributes: readonly Pair[]
}

function describe(activity: Activity, dictionary: FieldDictionary): Description {
  const { attribute, from, to, reason, source } = activity
  const why: readonly Pair[] = [
    ['Reason', reason],
    ['Source', source],
  ]
  switch (activity.kind) {
    case 'value-changed': {
      const label = dictionary.find(attribute ?? '')?.label ?? attribute ?? ''
      const change: readonly Pair[] = [
        ['Attribute Name', label],
        ['Old Value', from ?? ''],
        ['New Value', to ?? ''],
      ]
      return { assetName: label, attributes: [...change, ...why] }
    }
    case 'person-created':
      return {
        assetName: undefined,
        attributes: [
          ['Source Type', sourceTypes.get(source) ?? source],
          ['Source Info', reason],
          ['Created Date', formatDateTime(activity.at).slice(0, 'YYYY-MM-DD'.length)],
        ],
      }
    case 'list-joined':
    case 'list-left':
      return { assetName: attribute ?? undefined, attributes: why }
    case 'people-merged':
      return { assetName: undefined, attributes: [['Merge IDs', from ?? ''], ...why] }
    case 'person-deleted':
      return { assetName: undefined, attributes: why }
    default:
      return activity.kind satisfies never
  }
}

/** How the old service named the sources of new people; what it had no name for keeps ours. */
const sourceTypes: ReadonlyMap<string, string> = new Map([['SOAP API', 'Web service API']])

const attributeList = (pairs: readonly Pair[]): ArrayOfAttribute => ({
  attribute: pairs.map(([attrName, attrValue]) => ({ attrName, attrValue })),
})
