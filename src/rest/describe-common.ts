// What every route of this face has in common, in the words of OpenAPI: the key, headers, problems. It knows no route.

import type { JsonObject } from './describe-schemas.js'
import { problemContentType } from './problem.js'

export const introduction = [
  ['The status belongs to the e-mail address, and reaches every person that has it.'],
  [
    '**Keys.** All of /v1 apart from this document asks for `Authorization: Bearer KEY`. A key has a role:',
    'reader looks, writer also changes, admin also re-subscribes and administers. Each operation names its role.',
  ],
  [
    '**Errors** are problem documents (RFC 9457, `application/problem+json`) that name all that was wrong, with',
    'its place. A request that is refused changed nothing. Unknown query parameters and members of a body are refused.',
  ],
  [
    '**Repeating.** A changing request may carry an `Idempotency-Key`: the same key with the same request gives the',
    'first answer again, so that a client that heard nothing can safely ask once more.',
  ],
  ['**Versions.** An address has a version; `If-Match` with its ETag refuses a change that another got ahead of.'],
]
  .map(sentences => sentences.join(' '))
  .join('\n\n')

export const problemContent: JsonObject = {
  content: { [problemContentType]: { schema: { $ref: '#/components/schemas/Problem' } } },
}

/** A response that is a problem document, by its name among the components. */
export const problemRef = (name: string): JsonObject => ({ $ref: `#/components/responses/${name}` })

const problem = (description: string, headers?: Readonly<Record<string, string>>): JsonObject => ({
  description,
  ...(headers === undefined
    ? {}
    : {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, about]) => [name, { description: about, schema: { type: 'string' } }]),
        ),
      }),
  ...problemContent,
})

export const commonParts: JsonObject = {
  securitySchemes: {
    apiKey: { type: 'http', scheme: 'bearer', description: 'An API key. The first one is shown at the first start.' },
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'A name for this request, 1 to 255 printable characters; a UUID will do.',
      schema: { type: 'string', minLength: 1, maxLength: 257 },
    },
    IfMatch: {
      name: 'If-Match',
      in: 'header',
      description: 'The ETag that was read, such as "v3"; nothing is changed where the version is another one by now.',
      schema: { type: 'string' },
    },
  },
  headers: {
    RequestId: { description: 'As it was sent, or drawn.', required: true, schema: { type: 'string' } },
    ETag: { description: 'The version of the resource, for If-Match.', required: true, schema: { type: 'string' } },
    IdempotentReplayed: {
      description: 'The answer is the one that was given to this Idempotency-Key before.',
      schema: { type: 'string', const: 'true' },
    },
  },
  responses: {
    BadRequest: problem('A header, the path or the JSON cannot be read.'),
    Unauthorized: problem('There is no key, or it is not known.', { 'WWW-Authenticate': 'As RFC 6750 has it.' }),
    RoleMissing: problem('The role of the key is not enough.', { 'WWW-Authenticate': 'Names the needed role.' }),
    InProgress: problem('The request with this Idempotency-Key is being carried out at this moment.', {
      'Retry-After': 'Seconds.',
    }),
    VersionMoved: problem('If-Match names another version than the present one.', { ETag: 'The present version.' }),
    BodyTooLong: problem('The body is longer than the operator allows.'),
    UnsupportedMediaType: problem('The body is of another media type, or encoded in another way.'),
    Invalid: problem('Parts of the request are not as the schemas say, or the Idempotency-Key belongs to another one.'),
    Unavailable: problem('Nothing was done; ask again.', { 'Retry-After': 'Seconds.' }),
    Failed: problem('What went wrong; after a 500 name the request id when you report it.'),
  },
}
