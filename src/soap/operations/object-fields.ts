// The objects that callers may have described to them, and the fields of each (legacy-soap-contract 3.12, 3.13). Knows
// names, labels and types; must not know the shape of a description.

import { type Field, fieldValueLengthMax } from '../../domain/field.js'

export interface ObjectField {
  readonly name: string
  readonly label: string
  readonly dataType: string
  /** Characters, where there is a limit that a caller may come near. */
  readonly size?: number
  readonly isReadOnly: boolean
  readonly isCustom?: boolean
  /** The one field by which a record is found again. */
  readonly isKey?: boolean
}

export interface DescribedObject {
  readonly name: string
  readonly description: string
  /** No table of its own in the old service. */
  readonly isVirtual: boolean
  fields(ofPeople: readonly Field[]): readonly ObjectField[]
}

const readOnly =
  (dataType: string) =>
  (name: string): ObjectField => ({ name, label: spaced(name), dataType, isReadOnly: true })

const string = readOnly('string')
const text = readOnly('text')
const date = readOnly('date')
const datetime = readOnly('datetime')
const integer = readOnly('integer')
const float = readOnly('float')
const currency = readOnly('currency')
const boolean = readOnly('boolean')
const array = readOnly('Array')

/** In the order in which they are listed. */
export const describedObjects: readonly DescribedObject[] = [
  {
    name: 'ActivityRecord',
    description: 'One change or event in the history of a lead. Written by this server only.',
    isVirtual: true,
    fields: () => [
      { ...integer('id'), isKey: true },
      datetime('activityDateTime'),
      string('activityType'),
      string('mktgAssetName'),
      array('activityAttributes'),
      string('campaign'),
      string('personName'),
      string('mktPersonId'),
      string('foreignSysId'),
      string('orgName'),
      string('foreignSysOrgId'),
    ],
  },
  {
    name: 'LeadRecord',
    description: 'A person, with the fields that there are in this server.',
    isVirtual: true,
    fields: ofPeople => [{ ...integer('Id'), isKey: true }, ...ofPeople.map(personField).sort(byName)],
  },
  {
    name: 'Opportunity',
    description: 'As it used to be. Opportunities are not kept in this server.',
    isVirtual: false,
    fields: () => [
      currency('Amount'),
      date('CloseDate'),
      text('Description'),
      currency('ExpectedRevenue'),
      datetime('ExternalCreatedDate'),
      string('Fiscal'),
      string('FiscalQuarter'),
      string('FiscalYear'),
      string('ForecastCategoryName'),
      boolean('IsClosed'),
      boolean('IsWon'),
      date('LastActivityDate'),
      string('LeadSource'),
      string('Name'),
      string('NextStep'),
      integer('Probability'),
      float('Quantity'),
      string('Stage'),
      string('Type'),
    ],
  },
  {
    name: 'OpportunityPersonRole',
    description: 'As it used to be. The roles of people in opportunities are not kept in this server.',
    isVirtual: false,
    fields: () => [
      integer('OpportunityId'),
      integer('PersonId'),
      string('Role'),
      boolean('IsPrimary'),
      datetime('ExternalCreatedDate'),
    ],
  },
]

function personField({ name, label, type, isReadOnly, isCustom }: Field): ObjectField {
  const field = { name, label, dataType: type, isReadOnly, isCustom }
  return type === 'string' || type === 'text' ? { ...field, size: fieldValueLengthMax } : field
}

function byName(a: ObjectField, b: ObjectField): number {
  const [one, other] = [a.name.toLowerCase(), b.name.toLowerCase()]
  return one < other ? -1 : one > other ? 1 : 0
}

/** `mktPersonId` as people read it: `Mkt Person Id`. */
function spaced(name: string): string {
  return (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
}
