// How the process itself is run.
// It declares variables and reads no environment.

import { oneOf, optional, type Variable, whole } from './reading.js'

export const operation = {
  workers: {
    name: 'WORKERS',
    default: '1',
    description:
      'Processes behind the one port. More than one needs a database server. SIGHUP replaces them one by one, ' +
      'a dead one is replaced by itself.',
    read: whole(1, 1, 64),
  },
  drainMs: {
    name: 'DRAIN_MS',
    default: '10000',
    description: 'How long calls that are under way may take after SIGTERM.',
    read: whole(10_000, 0, 600_000),
  },
  logLevel: {
    name: 'LOG_LEVEL',
    default: 'info',
    description: 'trace, debug, info, warn, error or silent.',
    read: oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent')('info'),
  },
  otelEndpoint: {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    description:
      'Collector for OpenTelemetry traces, such as http://127.0.0.1:4318; without it there are none. The other ' +
      'standard OTEL_ variables for traces (sampler, headers, limits) count as well.',
    read: optional,
  },
  otelProtocol: {
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    default: 'http/json',
    description: 'JSON is sent, which every receiver of http/protobuf takes as well; grpc is not spoken.',
    read: oneOf('http/json', 'http/protobuf')('http/json'),
  },
  otelServiceName: {
    name: 'OTEL_SERVICE_NAME',
    default: 'durable-unsubscribe',
    description: 'Under which name the traces appear.',
    read: (text: string | undefined) => text ?? 'durable-unsubscribe',
  },
  otelDisabled: {
    name: 'OTEL_SDK_DISABLED',
    default: 'false',
    description: 'true: no traces, whatever else is set.',
    read: oneOf('true', 'false')('false'),
  },
} satisfies Record<string, Variable<unknown>>
