// Whether the process lives, whether it can serve, and its metrics. Nobody is asked for a key: balancers have none, and
// nothing is told that belongs to a person.

import { z } from 'zod'
import type { Metrics } from '../http/metrics.js'
import type { Service } from '../service/service.js'
import type { OpenRoute } from './route.js'

export const liveness = z.object({ status: z.literal('ok') }).meta({ id: 'Liveness' })
export const readiness = z
  .object({ status: z.enum(['ready', 'not-ready']), problems: z.array(z.string()) })
  .meta({ id: 'Readiness' })

export const metricsPath = '/metrics'

export function healthRoutes(service: Pick<Service, 'readiness'>, metrics: Pick<Metrics, 'read'>): OpenRoute[] {
  return [
    {
      method: 'GET',
      path: '/health/live',
      operationId: 'getLiveness',
      tag: 'Operation',
      summary: 'Whether the process answers',
      role: null,
      replies: { 200: liveness },
      examples: [{ title: 'Ask', status: 200 }],
      async answer() {
        const value: z.input<typeof liveness> = { status: 'ok' }
        return { status: 200, content: { type: 'json', value } }
      },
    },
    {
      method: 'GET',
      path: '/health/ready',
      operationId: 'getReadiness',
      tag: 'Operation',
      summary: 'Whether calls can be served, and what stands in the way',
      role: null,
      replies: { 200: readiness, 503: readiness },
      examples: [{ title: 'Ask', status: 200 }],
      async answer() {
        const { isReady, problems } = await service.readiness()
        const value: z.input<typeof readiness> = { status: isReady ? 'ready' : 'not-ready', problems: [...problems] }
        return { status: isReady ? 200 : 503, content: { type: 'json', value } }
      },
    },
    {
      method: 'GET',
      path: metricsPath,
      operationId: 'getMetrics',
      tag: 'Operation',
      summary: 'Metrics in the text format of Prometheus',
      role: null,
      replies: { 200: { contentTypes: ['text/plain'] } },
      examples: [{ title: 'Ask', status: 200 }],
      async answer() {
        const { contentType, text } = await metrics.read()
        return { status: 200, content: { type: 'text', contentType, text } }
      },
    },
  ]
}
