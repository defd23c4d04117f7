// listMObjects and describeMObject: which objects there are and what each is made of (legacy-soap-contract 3.12). Many
// clients call the first to see whether they are connected.

import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds, quoted } from '../faults.js'
import type {
  MObjFieldMetadata,
  ParamsDescribeMObject,
  ParamsListMObjects,
  Received,
  SuccessDescribeMObject,
  SuccessListMObjects,
} from '../messages/messages.js'
import { describedObjects, type ObjectField } from './object-fields.js'

export async function listMObjects(_: Received<ParamsListMObjects>): Promise<Answered<SuccessListMObjects>> {
  return { type: 'result', result: { result: { objects: describedObjects.map(({ name }) => name) } } }
}

// The recorded descriptions all had this time, whatever was done to the fields since; no client was seen to read it.
const updatedAt = '2010-01-01T00:00:00+00:00'

export async function describeMObject(
  { objectName = '' }: Received<ParamsDescribeMObject>,
  { service }: Call,
): Promise<Answered<SuccessDescribeMObject>> {
  const wanted = objectName.trim()
  if (wanted === '') return faulted(faultKinds.parameterRequired, 'expected an objectName, got none')
  const object = describedObjects.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())
  if (object === undefined) {
    const names = describedObjects.map(({ name }) => name).join(', ')
    return faulted(faultKinds.inputError, `Object name is not valid: expected one of ${names}, got '${quoted(wanted)}'`)
  }
  // Another process may have added a field; whoever asks for a description wants to know.
  await service.fields.reload()
  const { name, description, isVirtual } = object
  const field = object.fields(service.fields.dictionary.fields).map(present)
  const metadata = { name, description, isCustom: false, isVirtual, fieldList: { field }, updatedAt }
  return { type: 'result', result: { result: { metadata } } }
}

function present(field: ObjectField): MObjFieldMetadata {
  const { name, label, dataType, size, isReadOnly, isCustom = false, isKey = false } = field
  return {
    name,
    description: undefined,
    displayName: label,
    sourceObject: undefined,
    dataType,
    size,
    isReadonly: isReadOnly,
    isUpdateBlocked: false,
    isName: false,
    isPrimaryKey: isKey,
    isCustom,
    isDynamic: false,
    dynamicFieldRef: undefined,
    updatedAt,
  }
}
