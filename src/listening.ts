// Opens a port where the operator wants it; where that cannot be, says so in terms of the variables that named it. It
// knows nothing of what is served there.

import type { HttpServer } from './http/server.js'
import { OperatorError } from './operator-error.js'

export interface ListeningPlace {
  readonly host: string
  readonly port: number
  /** Names of the variables that say so. */
  readonly variables: { readonly host: string; readonly port: string }
}

/** Resolves with the port. Throws an OperatorError where the machine does not give it. */
export async function listenAt(http: Pick<HttpServer, 'listen'>, place: ListeningPlace): Promise<number> {
  try {
    return await http.listen(place.port, place.host)
  } catch (cause) {
    const sentence = sentenceOf((cause as NodeJS.ErrnoException).code, place)
    throw sentence === undefined ? cause : new OperatorError(sentence, { cause })
  }
}

function sentenceOf(code: string | undefined, { host, port, variables }: ListeningPlace): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return (
        `${variables.port}: port ${port} of ${host} is in use: ` +
        `end what listens there, or set ${variables.port} (or ${variables.host}) to another one`
      )
    case 'EACCES':
      return `${variables.port}: this user may not listen on port ${port}: set ${variables.port} to 1024 or above`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${variables.host}: expected an address of this machine, or 0.0.0.0 for all, got '${host}'`
    default:
      return undefined
  }
}
