// Answers routes in front of Koa and its router, which take several times as long as some routes do: those that say of
// themselves that they are direct. Every step between the request and its reply is the one that all routes share; what
// is not exactly such a route, with its method and its path as they stand, is left to Koa.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type ExchangeOptions, type Failure, jsonLine, problemText, replyOf, watch } from './exchange.js'
import { problemContentType, problemOf } from './problem.js'
import type { GuardedRoute, Reply, Route } from './route.js'

/** `others` gets every request that is for no direct route. */
export function answerDirectly(
  routes: readonly Route[],
  options: ExchangeOptions,
  others: RequestListener,
): RequestListener {
  const direct = new Map(
    routes.filter(isDirect).map(route => [nameOf({ method: route.method, url: route.path }), route] as const),
  )
  return (request, response) => {
    const route = direct.get(nameOf(request))
    if (route === undefined) return others(request, response)
    answer(route, request, response, options).catch((err: unknown) => {
      options.logger.error({ err }, 'an answer could not be sent')
      response.destroy()
    })
  }
}

const isDirect = (route: Route): route is GuardedRoute => route.role !== null && route.isDirect === true

const nameOf = ({ method, url }: Pick<IncomingMessage, 'method' | 'url'>): string => `${method} ${url}`

async function answer(
  route: GuardedRoute,
  request: IncomingMessage,
  response: ServerResponse,
  options: ExchangeOptions,
): Promise<void> {
  const { method, path } = route
  const { requestId, answered } = watch(request, options)
  response.setHeader('X-Request-Id', requestId)
  let failure: Failure | null = null
  let status: number
  try {
    const asked = { method, target: path, params: {}, query: {} }
    status = send(response, await replyOf(route, asked, { request, response }, options))
  } catch (err) {
    const facts = problemOf(err)
    failure = { facts, err }
    status = facts.status
    const headers = { ...facts.headers, 'Content-Type': problemContentType }
    write(response, status, headers, problemText(facts, requestId))
  }
  answered({ route: path, method, status }, failure)
}

function send(response: ServerResponse, { status, headers, content }: Reply): number {
  switch (content.type) {
    case 'json':
      write(response, status, { ...headers, 'Content-Type': 'application/json' }, jsonLine(content.value))
      return status
    case 'text':
      write(response, status, { ...headers, 'Content-Type': content.contentType }, content.text)
      return status
    default:
      throw new Error(`a direct route answers with JSON or text, not ${content.type}`)
  }
}

// As bytes: the socket would encode a long text once more, slowly, to learn its length.
function write(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
): void {
  const body = Buffer.from(text)
  response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body)
}
