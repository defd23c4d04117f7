// A person as a record of the legacy wire: what getLead answers, and syncLead where returnLead is true
// (legacy-soap-contract 3.3, 6). Written out field by field; must not know who asked.

import { type FieldDictionary, type FieldType, readBoolean } from '../../domain/field.js'
import { addressField, flagField, reasonField } from '../../domain/flag.js'
import type { PersonView } from '../../service/ports.js'
import type { Attribute, LeadRecord } from '../messages/messages.js'
import { foreignSystemOf } from './foreign-id.js'

/** `included`: names of the fields that were asked for, the address among them; undefined for all. */
export function presentLead(view: PersonView, dictionary: FieldDictionary, included?: ReadonlySet<string>): LeadRecord {
  const { person } = view
  const isIncluded = (name: string): boolean => included === undefined || included.has(name)
  // A person can have ids of systems that this wire has no name for; the first that can be said is said.
  const foreignId = view.foreignIds.find(({ system }) => foreignSystemOf(system) !== undefined)
  const attributes = attributesOf(view, dictionary).filter(({ attrName }) => isIncluded(attrName))
  return {
    Id: person.id,
    Email: isIncluded(addressField) ? person.address?.text : undefined,
    ForeignSysPersonId: foreignId?.value,
    ForeignSysType: foreignId && foreignSystemOf(foreignId.system),
    leadAttributeList: attributes.length === 0 ? undefined : { attribute: attributes },
  }
}

function attributesOf(view: PersonView, dictionary: FieldDictionary): Attribute[] {
  const values = { ...view.person.fields }
  // The address has an element of its own and is not said twice.
  delete values[addressField]
  delete values[flagField]
  delete values[reasonField]
  if (isUnsubscribed(view)) {
    values[flagField] = '1'
    const reason = view.person.fields[reasonField] ?? view.status?.reason ?? ''
    if (reason !== '') values[reasonField] = reason
  }
  return Object.entries(values)
    .map(([name, value]) => attribute(name, dictionary.find(name)?.type ?? 'string', value))
    .filter(attribute => attribute !== undefined)
    .sort(byName)
}

function isUnsubscribed({ person, status }: PersonView): boolean {
  return status === null ? person.ownUnsubscribed : status.status === 'unsubscribed'
}

// attrType is always there: one family of clients reads its text without looking first. A boolean is 1 or it is left
// out, because PHP clients cast the text, and both '0' as text in some and 'false' in all of them would be true.
function attribute(attrName: string, attrType: FieldType, attrValue: string): Attribute | undefined {
  if (attrValue === '') return undefined
  if (attrType === 'boolean') {
    return readBoolean(attrValue) === true ? { attrName, attrType, attrValue: '1' } : undefined
  }
  return { attrName, attrType, attrValue }
}

// By name without regard to case, as recorded; the second comparison makes the order the same on every machine.
function byName(a: Attribute, b: Attribute): number {
  return compare(a.attrName.toLowerCase(), b.attrName.toLowerCase()) || compare(a.attrName, b.attrName)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
