// A store without any record of Salesforce, for faces that are tested over a store in memory.
import type { Service } from '../../src/service/service.js'

export const noSalesforce: Service['salesforce'] = {
  salesforceConflicts: async () => [],
  selectedSalesforceRecords: async () => [],
  countOutbox: async () => ({ waiting: 0, failed: 0 }),
  failedWrites: async () => [],
  queueWrites: async () => {},
  isConnected: false,
  nextSync: async () => undefined,
  salesforceSync: async () => undefined,
  salesforceSyncs: async () => [],
  askForSync: async () => {
    throw new Error('this store makes no comparisons')
  },
}
