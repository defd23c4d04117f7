// An OpenAPI document as a judge of requests and replies. It knows the form of such documents and nothing of the face.
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

interface Content {
  readonly [mediaType: string]: { readonly schema: object; readonly examples?: Record<string, { value: unknown }> }
}
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
}
interface Header {
  readonly required?: boolean
}
interface Response {
  readonly content?: Content
  readonly headers?: Readonly<Record<string, Header | Ref>>
}
interface Ref {
  readonly $ref: string
}
export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly (Parameter | Ref)[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, Response | Ref>>
}
export interface Document {
  readonly openapi: string
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
}

export interface SentRequest {
  readonly method: string
  /** Template: `/v1/people/{id}`. */
  readonly path: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly body?: unknown
  /** A file in place of a body, and its media type. */
  readonly upload?: { readonly text: string; readonly mediaType: string }
}

export interface SeenReply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export interface Judge {
  /** What the document does not allow, as sentences. */
  request(sent: SentRequest): string[]
  reply(sent: SentRequest, seen: SeenReply): string[]
}

export function judgeBy(document: Document): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema(document, 'face')

  const resolve = <T extends object>(part: T | Ref): T =>
    '$ref' in part
      ? (part.$ref
          .slice(2)
          .split('/')
          .reduce((at: unknown, key) => (at as Record<string, unknown>)[key], document) as T)
      : part
  const pointer = (...keys: readonly string[]): string =>
    `face#/${keys.map(key => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`
  const mismatches = (at: string, value: unknown, what: string): string[] => {
    const validate = ajv.getSchema(at)
    if (validate === undefined) return [`the document has no schema at ${at}`]
    if (validate(value) === true) return []
    return (validate.errors ?? []).map(({ instancePath, message }) => `${what}${instancePath}: ${message}`)
  }
  const operationOf = ({ method, path }: SentRequest): Operation | undefined =>
    document.paths[path]?.[method.toLowerCase()]

  return {
    request(sent) {
      const operation = operationOf(sent)
      if (operation === undefined) return [`the document has no ${sent.method} ${sent.path}`]
      const at = ['paths', sent.path, sent.method.toLowerCase()]
      const findings: string[] = []
      const parameters = operation.parameters ?? []
      for (const [index, part] of parameters.entries()) {
        const { name, in: place, required = false } = resolve(part)
        if (place === 'header') continue
        const text = (place === 'path' ? sent.params : sent.query)[name]
        if (text === undefined) findings.push(...(required ? [`${place} ${name} is missing`] : []))
        else findings.push(...parameterMismatches([...at, 'parameters', String(index)], text, `${place} ${name}`))
      }
      for (const [place, given] of [
        ['path', sent.params],
        ['query', sent.query],
      ] as const) {
        const known = parameters
          .map(resolve)
          .filter(part => part.in === place)
          .map(part => part.name)
        findings.push(
          ...Object.keys(given)
            .filter(name => !known.includes(name))
            .map(name => `${place} ${name} is new`),
        )
      }
      if (sent.upload !== undefined) {
        const isDescribed = operation.requestBody?.content[sent.upload.mediaType] !== undefined
        return isDescribed ? findings : [...findings, `a file as ${sent.upload.mediaType}`]
      }
      if ((sent.body === undefined) !== (operation.requestBody === undefined)) return [...findings, 'a body, or none']
      if (sent.body === undefined) return findings
      return [
        ...findings,
        ...mismatches(pointer(...at, 'requestBody', 'content', 'application/json', 'schema'), sent.body, 'body'),
      ]
    },
    reply(sent, { status, headers, text }) {
      const operation = operationOf(sent)
      if (operation === undefined) return [`the document has no ${sent.method} ${sent.path}`]
      const key = operation.responses[status] === undefined ? 'default' : String(status)
      const part = operation.responses[key]
      if (part === undefined) return [`the document has no reply ${status}`]
      const response = resolve(part)
      const lacking = Object.entries(response.headers ?? {})
        .filter(([name, header]) => resolve(header).required === true && !headers.has(name))
        .map(([name]) => `the header ${name} is missing`)
      if (response.content === undefined) return text === '' ? lacking : [...lacking, 'a body came, none is described']
      const [mediaType = ''] = (headers.get('content-type') ?? '').split(';')
      if (response.content[mediaType] === undefined) return [...lacking, `${mediaType} is not described for ${status}`]
      if (!/[/+]json$/.test(mediaType)) return lacking
      const at =
        '$ref' in part
          ? part.$ref.slice(2).split('/')
          : ['paths', sent.path, sent.method.toLowerCase(), 'responses', key]
      const schema = pointer(...at, 'content', mediaType, 'schema')
      return [...lacking, ...mismatches(schema, JSON.parse(text), 'reply')]
    },
  }

  // A URL carries text: what its schema would take as a number or a truth value is tried as such as well.
  function parameterMismatches(at: readonly string[], text: string, what: string): string[] {
    const schema = pointer(...at, 'schema')
    const readings = [
      text,
      ...(/^-?\d+$/.test(text) ? [Number(text)] : []),
      ...(/^(?:true|false)$/.test(text) ? [text === 'true'] : []),
    ]
    const found = readings.map(value => mismatches(schema, value, what))
    return found.some(list => list.length === 0) ? [] : (found[0] ?? [])
  }
}
