// `serve`: starts the server, says where everything is, and ends it on a signal.

import type { Command } from 'commander'
import { configVariables, readConfig } from '../config.js'
import { shownUrl } from '../operator-error.js'
import { packageVersion } from '../package-root.js'
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
  const { serve } = await import('../serve.js')
  const server = await serve(config)
  process.stdout.write(
    `${welcome(server.url, config.publicUrl ?? server.url, config.storeUrl, server.firstCredentials)}\n`,
  )
  let stopping = false
  const stop = (): void => {
    if (stopping) return
    stopping = true
    server.close().then(() => process.exit(0), fail)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function welcome(
  url: string,
  publicUrl: string,
  storeUrl: string,
  first: { readonly soapUser: string; readonly encryptionKey: string; readonly apiKey: string } | null,
): string {
  const where = [
    `durable-unsubscribe ${packageVersion()} listens on ${url}`,
    `  WSDL       ${publicUrl}/soap/mktows/3_1?WSDL`,
    `  JSON       ${publicUrl}/v1/addresses/{address}`,
    `  health     ${publicUrl}/health/ready    metrics ${publicUrl}/metrics`,
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
