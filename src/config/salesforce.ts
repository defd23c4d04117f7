// The exchange with Salesforce: whose messages are taken, and who wins where both sides changed.
// It declares variables and reads no environment.

import { oneOf, optional, type Variable, whole } from './reading.js'

export const salesforceVariables = {
  salesforceOrgs: {
    name: 'SALESFORCE_ORGS',
    description:
      'Ids of the Salesforce organizations whose outbound messages are taken, separated by commas. Without it there ' +
      'is no endpoint for them.',
    read: (text: string | undefined): readonly string[] => {
      const ids = (text ?? '').split(',').map(part => part.trim())
      return ids.filter(id => id !== '').map(orgId)
    },
  },
  salesforcePrecedence: {
    name: 'SALESFORCE_PRECEDENCE',
    default: 'or',
    description:
      'Who wins where Salesforce and this side both changed. or: an opt-out stands until both sides are clear. ' +
      'latest: the newer change. salesforce, local: that side.',
    read: oneOf('or', 'latest', 'salesforce', 'local')('or'),
  },
  salesforceResubscribe: {
    name: 'SALESFORCE_RESUBSCRIBE',
    default: 'compatible',
    description:
      'compatible: clearing Email Opt Out in Salesforce re-subscribes where the precedence lets it (rule R2). ' +
      'guarded: it is refused, and the opt-out goes back to Salesforce.',
    read: oneOf('compatible', 'guarded')('compatible'),
  },
  salesforceUser: {
    name: 'SALESFORCE_USER_ID',
    description:
      'Id of the Salesforce user as whom opt-outs are written there. What this user changed last is not taken for ' +
      "a person's word.",
    read: (text: string | undefined) => {
      if (text !== undefined && !/^005[0-9A-Za-z]{12}(?:[A-Z0-5]{3})?$/.test(text))
        throw new Error('expected an id of 15 or 18 characters that begins with 005')
      return text ?? null
    },
  },
  salesforceClientCa: {
    name: 'SALESFORCE_CLIENT_CA_FILE',
    description:
      'The API client certificate of your Salesforce organization (PEM), or authorities that sign for nobody else; ' +
      'where it is set, outbound messages are taken only over TLS_CERT_FILE and with such a certificate.',
    read: optional,
  },
  salesforceInboxDays: {
    name: 'SALESFORCE_INBOX_DAYS',
    default: '7',
    description: 'How many days it is on record which notifications came, so that none is taken twice.',
    read: whole(7, 2, 90),
  },
  salesforceConflictDays: {
    name: 'SALESFORCE_CONFLICT_DAYS',
    default: '365',
    description: 'How many days conflicts with Salesforce are on record.',
    read: whole(365, 1, 3650),
  },
} satisfies Record<string, Variable<unknown>>

function orgId(id: string): string {
  if (/^00D[0-9A-Za-z]{12}(?:[A-Z0-5]{3})?$/.test(id)) return id
  throw new Error('expected ids of 15 or 18 characters that begin with 00D')
}
