// The groups that the routes are shown in, each with what it is about. It knows no route.

export const tags = {
  People: 'The records that legacy callers sync. What a person shows of a status is that of its address.',
  Addresses: 'The status of any address that can be written down, whether or not anybody has it.',
  Checks: 'Whether addresses may be mailed, asked before sending.',
  History: 'What happened, when, by whom and why.',
  Changes: 'The feed of all changes, in the order of their commits.',
  Webhooks: 'Changes, sent to a URL of yours.',
  Bulk: 'Import and export of many at once, as jobs.',
  Lists: 'Static lists of people.',
  Flows: 'Named sets of values for fields, run on people as jobs.',
  Privacy: 'What is held about an address, and its erasure.',
  Salesforce: 'The exchange of opt-outs with Salesforce.',
  Settings: 'What an admin can switch.',
  Fields: 'The fields that a person can have.',
  Credentials: 'Who may call: SOAP users and API keys.',
  Traces: 'Calls of one caller, kept for support with every value taken out.',
  Operation: 'For balancers, monitoring and tools; no key is asked for.',
} as const

export type Tag = keyof typeof tags
