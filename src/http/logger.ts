// The log of the program: one JSON line an event. What must never be in a log is taken out here, once for everybody:
// credentials by the name of their header, and whatever looks like an e-mail address in the text of an error.

import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'

export type { Logger }

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LoggerOptions {
  readonly level: LogLevel
  /** A stream is for tests, and for who wants to have the lines elsewhere. */
  readonly to: 'stdout' | 'stderr' | DestinationStream
  /** Whether each line is written before the call returns: slower, and complete even if the process ends at once. */
  readonly isSync?: boolean
}

const secretHeaders = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key']

export function createLogger({ level, to, isSync = false }: LoggerOptions): Logger {
  const stream = typeof to === 'string' ? destination({ dest: to === 'stdout' ? 1 : 2, sync: isSync }) : to
  const paths = secretHeaders.flatMap(name => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`])
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      redact: { paths, censor: '[redacted]' },
      serializers: { err: describeError },
    },
    stream,
  )
}

interface ErrorDescription {
  readonly type: string
  readonly code?: string
  readonly message: string
  readonly stack?: string
  readonly cause?: ErrorDescription
}

// Causes of causes: enough to find the reason, and an end for errors that name each other.
const causesMax = 5

/**
 * What a log line says about an error. Only these members: a driver hangs the statement with all its values onto its
 * errors, and quotes them in the message.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: withoutAddresses(String(error)) }
  const message = withoutAddresses(error.message)
  return {
    type: error.name,
    ...('code' in error ? { code: String(error.code) } : {}),
    message,
    ...(error.stack === undefined ? {} : { stack: stackOf(error.stack, error.message, message) }),
    ...(error.cause === undefined || depth >= causesMax ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}

function withoutAddresses(text: string): string {
  return text.replace(/[^\s'"`<>(),;]+@[^\s'"`<>(),;]+/g, '[address]')
}

// Only the message is cleaned: the frames below it name folders such as node_modules/@scope.
function stackOf(stack: string, message: string, clean: string): string {
  const at = message === '' ? -1 : stack.indexOf(message)
  if (at !== -1) return stack.slice(0, at) + clean + stack.slice(at + message.length)
  // A message that was changed after the stack was taken: keep the frames alone.
  return stack
    .split('\n')
    .filter(line => /^\s+at /.test(line))
    .join('\n')
}
