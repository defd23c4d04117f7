// What each key type of the wire means here (legacy-soap-contract 3.3, 4.2): values as callers write them, as a
// selection of people. Must not know who asks, nor what is said where nobody has a key.

import { parseAddress } from '../../domain/address.js'
import { salesforce, salesforceIdForms } from '../../domain/salesforce-id.js'
import type { PeopleSelection } from '../../service/ports.js'
import { foreignIdLengthMax } from './foreign-id.js'
import { cookieLengthMax } from './lead-key.js'
import { readPersonId } from './person-id.js'

export type SelectByValues = (values: readonly string[]) => PeopleSelection

const byId: SelectByValues = values => {
  const read = values.map(readPersonId)
  return { type: 'ids', ids: read.flatMap(id => (id.type === 'id' ? [id.id] : [])) }
}

const byCookie: SelectByValues = values => {
  const cookies = values.map(value => value.trim())
  return { type: 'cookies', cookies: cookies.filter(cookie => cookie.length <= cookieLengthMax) }
}

const byAddress: SelectByValues = values => {
  const read = values.map(value => parseAddress(value))
  return { type: 'addresses', keys: read.flatMap(parsed => (parsed.type === 'address' ? [parsed.address.key] : [])) }
}

const bySalesforceId: SelectByValues = values => {
  const ids = values.map(value => value.trim()).filter(id => id.length <= foreignIdLengthMax)
  return { type: 'foreign-ids', system: salesforce, values: ids.flatMap(salesforceIdForms) }
}

// Owners, accounts and opportunities are not kept here, so nobody has them.
const nobody: SelectByValues = () => ({ type: 'ids', ids: [] })

/** All of LeadKeyRef, in its order. What cannot be an id, an address or a cookie is simply a key that nobody has. */
export const keySelections: ReadonlyMap<string, SelectByValues> = new Map([
  ['IDNUM', byId],
  ['COOKIE', byCookie],
  ['EMAIL', byAddress],
  ['LEADOWNEREMAIL', nobody],
  ['SFDCACCOUNTID', nobody],
  ['SFDCCONTACTID', bySalesforceId],
  ['SFDCLEADID', bySalesforceId],
  ['SFDCLEADOWNERID', nobody],
  ['SFDCOPPTYID', nobody],
])
