// The words that may be chosen on the command line where files are concerned, without what works on them.

import type { BulkSubject } from '../service/jobs/bulk.js'

export { delimiters, encodings, flagModes, forms, unknownColumnsModes } from '../service/jobs/bulk.js'
export type { ExportForm } from '../service/jobs/export.js'

export const bulkSubjects = ['people', 'suppressions'] as const satisfies readonly BulkSubject[]
export type { BulkSubject }
