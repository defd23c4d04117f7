// The SOAP face as the server has it, over writes that are answered at once: what HTTP, XML, signatures and the reading
// of commands cost without a database.
import { join } from 'node:path'
import { defaultBodyLimits, readBody } from '../../src/http/body.js'
import { requestIdOf } from '../../src/http/request-id.js'
import { createHttpServer } from '../../src/http/server.js'
import { Credentials } from '../../src/service/access/credentials.js'
import { createSeal } from '../../src/service/access/seal.js'
import { Fields } from '../../src/service/fields.js'
import type { Service } from '../../src/service/service.js'
import type { Answer } from '../../src/service/writes/submission.js'
import { createEndpoint } from '../../src/soap/endpoint.js'
import { createSoapRequestHandler } from '../../src/soap/request-handler.js'
import { loadContracts } from '../../src/soap/wsdl/contracts.js'
import { createMemoryStore } from '../../test/support/memory-store.js'
import { projectRoot } from '../../test/support/project.js'
import { benchUser } from '../calls.js'

const outcome = { type: 'updated', personId: 1_000_000_001, warnings: [] } as const
const answer: Answer = { type: 'carried-out', outcome, effects: [], seq: 1, commandId: '0'.repeat(32) }
const writes: Service['writes'] = {
  submit: async () => answer,
  submitAll: async submissions => submissions.map(() => answer),
}

const store = createMemoryStore()
const credentials = new Credentials(store, createSeal(null))
await credentials.addSoap(benchUser.id, 'writer', benchUser.key)
const fields = await Fields.load(store, { acceptUnknown: false })
const handle = createSoapRequestHandler({
  contracts: await loadContracts(join(projectRoot, 'wsdl')),
  endpoint: createEndpoint({
    service: { writes, reads: store, fields, credentials, lists: store, flows: store, jobs: store },
    face: {
      source: 'SOAP API',
      defaultReason: 'SOAP API',
      policy: { resubscribe: 'compatible', addressChange: 'reset' },
    },
    signatureWindowMs: 24 * 3600 * 1000,
    now: Date.now,
    observer: { called() {}, refused() {}, defect: cause => process.stderr.write(`${String(cause)}\n`) },
  }),
  readBody: request => readBody(request, defaultBodyLimits),
  publicUrl: () => '',
  requestIdOf,
  onDefect: cause => process.stderr.write(`${String(cause)}\n`),
})
const http = createHttpServer({
  handle,
  fallback: (_, response) => void response.writeHead(404).end(),
  onDefect: cause => process.stderr.write(`${String(cause)}\n`),
})
process.stdout.write(`baseline listens on http://127.0.0.1:${await http.listen(0, '127.0.0.1')}\n`)
process.once('SIGTERM', () => process.exit(0))
