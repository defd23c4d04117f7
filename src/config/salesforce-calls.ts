// How Salesforce is called: as whom, where, and when everything is compared.
// It declares variables and reads no environment.

import { optional, type Variable, whole } from './reading.js'

const httpsUrl = (text: string | undefined): string | null => {
  if (text === undefined) return null
  const isUrl = URL.canParse(text) && /^https?:\/\/[^/?#@]+\/?$/.test(text)
  const isHere = isUrl && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(text).hostname)
  if (isUrl && (text.startsWith('https://') || isHere)) return text.replace(/\/$/, '')
  throw new Error('expected https:// and a host, with no path')
}

export const salesforceCalls = {
  salesforceLoginUrl: {
    name: 'SALESFORCE_LOGIN_URL',
    description:
      'Where an access token is asked for: https://NAME.my.salesforce.com. With SALESFORCE_CLIENT_ID and ' +
      'SALESFORCE_CLIENT_SECRET, opt-outs go to Salesforce.',
    read: httpsUrl,
  },
  salesforceClientId: {
    name: 'SALESFORCE_CLIENT_ID',
    description: 'Consumer key of the connected app.',
    read: optional,
  },
  salesforceClientSecret: {
    name: 'SALESFORCE_CLIENT_SECRET',
    description: 'Its consumer secret.',
    read: optional,
  },
  salesforceInstanceUrl: {
    name: 'SALESFORCE_INSTANCE_URL',
    description: 'In place of these three, with SALESFORCE_ACCESS_TOKEN: where the token is good for.',
    read: httpsUrl,
  },
  salesforceAccessToken: {
    name: 'SALESFORCE_ACCESS_TOKEN',
    description: 'An access token that somebody else renews. When it is over, nothing goes out until a new one is set.',
    read: optional,
  },
  salesforceApiVersion: {
    name: 'SALESFORCE_API_VERSION',
    default: '64.0',
    description: 'Version of the Partner SOAP API.',
    read: (text: string | undefined) => {
      const version = text ?? '64.0'
      if (/^[3-9]\d\.0$/.test(version) && version !== '30.0') return version
      throw new Error('expected a version from 31.0 to 99.0')
    },
  },
  salesforceTimeoutMs: {
    name: 'SALESFORCE_TIMEOUT_MS',
    default: '60000',
    description: 'How long Salesforce may take to answer one call.',
    read: whole(60_000, 1_000, 600_000),
  },
  salesforceSyncAt: {
    name: 'SALESFORCE_SYNC_AT',
    description:
      'When everything is compared with Salesforce each day, in UTC: 03:30. A day on which no server ran at that ' +
      'time is made up for. Without it only when it is asked for.',
    read: (text: string | undefined) => {
      if (text === undefined || /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text)) return text ?? null
      throw new Error('expected a time such as 03:30')
    },
  },
} satisfies Record<string, Variable<unknown>>

type Read = { readonly [Name in keyof typeof salesforceCalls]: ReturnType<(typeof salesforceCalls)[Name]['read']> }

export type SalesforceLoginConfig =
  | {
      readonly type: 'client-credentials'
      readonly loginUrl: string
      readonly clientId: string
      readonly clientSecret: string
    }
  | { readonly type: 'token'; readonly instanceUrl: string; readonly accessToken: string }

/** Null where Salesforce is not called. Throws a sentence where only a part of what it takes was given. */
export function readSalesforceLogin(read: Read): SalesforceLoginConfig | null {
  const { salesforceLoginUrl: loginUrl, salesforceClientId: clientId, salesforceClientSecret: clientSecret } = read
  const { salesforceInstanceUrl: instanceUrl, salesforceAccessToken: accessToken } = read
  const app = [loginUrl, clientId, clientSecret].filter(value => value !== null).length
  const token = [instanceUrl, accessToken].filter(value => value !== null).length
  if (app === 0 && token === 0) return null
  if (app === 3 && token === 0) {
    return { type: 'client-credentials', loginUrl: loginUrl!, clientId: clientId!, clientSecret: clientSecret! }
  }
  if (app === 0 && token === 2) return { type: 'token', instanceUrl: instanceUrl!, accessToken: accessToken! }
  throw new Error(
    'SALESFORCE_*: expected SALESFORCE_LOGIN_URL with SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET, ' +
      'or SALESFORCE_INSTANCE_URL with SALESFORCE_ACCESS_TOKEN',
  )
}
