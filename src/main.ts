#!/usr/bin/env node
// The command line, and the only file that starts anything. Each command declares itself in command-line/ and loads
// what it needs when it is asked for, so that `--help` and small commands answer at once.

import { setFlagsFromString } from 'node:v8'
import { Command } from 'commander'
import { register as registerArchive } from './command-line/archive.js'
import { register as registerBackup } from './command-line/backup.js'
import { register as registerBulk } from './command-line/bulk.js'
import { register as registerCall } from './command-line/call.js'
import { register as registerCheck } from './command-line/check.js'
import { register as registerCredentials } from './command-line/credentials.js'
import { fail } from './command-line/fail.js'
import { register as registerFields } from './command-line/fields.js'
import { register as registerFlows } from './command-line/flows.js'
import { register as registerLists } from './command-line/lists.js'
import { register as registerMigrate } from './command-line/migrate.js'
import { register as registerPrivacy } from './command-line/privacy.js'
import { register as registerSalesforce } from './command-line/salesforce.js'
import { register as registerSecrets } from './command-line/secrets.js'
import { register as registerServe } from './command-line/serve.js'
import { register as registerSettings } from './command-line/settings.js'
import { register as registerTraces } from './command-line/traces.js'
import { register as registerVerify } from './command-line/verify.js'
import { register as registerWebhooks } from './command-line/webhooks.js'
import { packageVersion } from './package-root.js'

// By itself V8 lets garbage pile up to four times of what lives before it collects all of the heap: 250 MiB resident
// under load, where 40 live. Half as much again keeps it below 200. Set here it holds however the program was started,
// and for workers too; what V8 reads only once (--max-semi-space-size) would have to be said in each of these places.
setFlagsFromString('--heap-growing-percent=50')

const program = new Command('durable-unsubscribe')
  .description('Takes over for legacy Marketo SOAP clients and keeps every opt-out, over MySQL or an embedded store.')
  .version(packageVersion())
  .showHelpAfterError('(--help says what is expected)')

// In the order of `--help`.
const commands = [
  registerServe,
  registerMigrate,
  registerCredentials,
  registerSecrets,
  registerFields,
  registerSettings,
  registerLists,
  registerFlows,
  registerCheck,
  registerBulk,
  registerPrivacy,
  registerWebhooks,
  registerSalesforce,
  registerCall,
  registerTraces,
  registerBackup,
  registerArchive,
  registerVerify,
]
for (const register of commands) register(program)

program.parseAsync().catch(fail)
