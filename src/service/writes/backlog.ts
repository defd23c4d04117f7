// What waits behind the faces, for the operator's eyes: how much there is still to do, in all processes together.

export interface Backlog {
  /** Jobs that are not over. */
  readonly jobs: number
  /** Long histories that are still being written. */
  readonly fanOuts: number
  /** Runs of flows whose time has come. */
  readonly flowRuns: number
  /** Changes that a webhook could not deliver yet. */
  readonly webhookDeliveries: number
  /** Changes that were given up. */
  readonly webhooksDead: number
  /** How many log entries the hindmost active webhook has not looked at. */
  readonly webhookLag: number
  /** How long the oldest change has waited that an active webhook was not told of yet; 0 where there is none. */
  readonly webhookOldestMs: number
  /** Notifications of Salesforce that are not worked off yet. */
  readonly salesforceInbox: number
  /** For how long the first of them has waited; 0 where none does. */
  readonly salesforceInboxMs: number
  /** Records of Salesforce that are yet to be told. */
  readonly salesforceOutbox: number
  /** Those that were given up. */
  readonly salesforceDead: number
}

export interface BacklogStore {
  backlog(now: number): Promise<Backlog>
}
