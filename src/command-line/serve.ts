// `serve`: starts the server, says where everything is, and ends it on a signal.

import { isatty } from 'node:tty'
import type { Command } from 'commander'
import { type Config, configVariables, readConfig } from '../config.js'
import { OperatorError, shownUrl } from '../operator-error.js'
import { packageVersion } from '../package-root.js'
import type { RunningServer } from '../serve.js'
import { fail } from './fail.js'
import { environmentHelp } from './help.js'

export function register(program: Command): void {
  program
    .command('serve')
    .description(
      'Start the server: the SOAP face, the JSON face and the background work. Configured by the environment.',
    )
    .addHelpText('after', `\nEnvironment:\n${environmentHelp(configVariables)}`)
    .action(runServer)
}

async function runServer(): Promise<void> {
  const config = readConfig()
  const { isWorker } = await import('../workers.js')
  if (config.workers > 1 && !isWorker()) await runWorkers(config)
  else await runAlone(config, isWorker())
}

async function runAlone(config: Config, isWorker: boolean): Promise<void> {
  const { serve } = await import('../serve.js')
  const server = await serve(config)
  const stop = onceOnly(() => server.close())
  process.on('SIGTERM', stop)
  if (isWorker) {
    // A terminal sends these to the whole group; it is the primary's to pass them on, in its order.
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
    const { reportListening } = await import('../workers.js')
    reportListening(server, stop)
    return
  }
  process.on('SIGINT', stop)
  // A terminal sends it when it is closed. To what runs without one it means: read again what you can.
  process.on('SIGHUP', isatty(0) ? stop : () => server.renewTls())
  say(welcome(server, config))
}

async function runWorkers(config: Config): Promise<void> {
  if (config.storeUrl.startsWith('sqlite:'))
    throw new OperatorError('WORKERS: more than one needs a database server; an embedded store has one writer')
  const { prepareStore } = await import('../serve.js')
  const { startWorkers } = await import('../workers.js')
  const prepared = await prepareStore(config)
  const workers = await startWorkers(config, prepared.logger)
  const stop = onceOnly(() => workers.close())
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => void workers.roll())
  say(welcome({ ...workers, firstCredentials: await prepared.firstCredentials() }, config))
}

function onceOnly(close: () => Promise<void>): () => void {
  let stopping = false
  return () => {
    if (stopping) return
    stopping = true
    close().then(() => process.exit(0), fail)
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function welcome(
  { url, adminUrl, firstCredentials: first }: Pick<RunningServer, 'url' | 'adminUrl' | 'firstCredentials'>,
  { publicUrl: given, storeUrl, workers }: Config,
): string {
  const publicUrl = given ?? url
  const where = [
    `durable-unsubscribe ${packageVersion()} listens on ${url}${workers > 1 ? `, ${workers} workers` : ''}`,
    `  WSDL       ${publicUrl}/soap/mktows/3_1?WSDL`,
    `  JSON       ${publicUrl}/v1/addresses/{address}    all of it ${publicUrl}/docs`,
    `  health     ${publicUrl}/health/ready    metrics ${adminUrl ?? publicUrl}/metrics`,
    `  store      ${shownUrl(storeUrl)}`,
  ]
  if (first === null) return where.join('\n')
  const shown = [
    '',
    'The store is new. These first credentials are shown this once; paste the lines into the shell that you call from:',
    `  export SOAP_USER=${first.soapUser} SOAP_KEY=${first.encryptionKey} SOAP_URL=${url}/soap/mktows/3_1`,
    `  export API_KEY=${first.apiKey}`,
  ]
  return [...where, ...shown].join('\n')
}
