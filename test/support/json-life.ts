// A life told over the JSON face, request by request, and to the naive model of the rules: after each request the
// answer and the whole store are compared. It knows how a command is said in JSON; the rules are the model's.
import { isDeepStrictEqual } from 'node:util'
import type { Answered, Asked, JsonFace } from './json-face.js'
import { type NaiveAnswer, type NaiveCommand, NaiveModel, type NaivePolicy, type NaiveWho } from './naive-model.js'

export type JsonStep =
  | { readonly type: 'command'; readonly command: NaiveCommand; readonly keyed: boolean }
  /** The request that came so many before, with its key again where it had one. */
  | { readonly type: 'again'; readonly back: number }
  /** The key of the request that came so many before, on another request. */
  | { readonly type: 'other-under-key'; readonly back: number }

interface Sent {
  readonly command: NaiveCommand
  readonly key: string | null
  readonly method: string
  readonly path: string
  readonly asked: Asked
  /** Null: the store kept no answer under the key. */
  readonly answer: NaiveAnswer | null
}

// Whoever it is, nobody has it.
const strangersId = 2_000_000_000
const origins = ['import', 'operator', 'recipient'] as const

export class JsonLife {
  readonly model: NaiveModel
  readonly counts = { changed: 0, rejected: 0, replayed: 0, reused: 0 }
  readonly #face: JsonFace
  readonly #addresses: readonly string[]
  readonly #policy: NaivePolicy
  readonly #sent: Sent[] = []
  /** By the id in the model. */
  readonly #ids = new Map<number, number>()
  #keys = 0

  constructor(face: JsonFace, addresses: readonly string[], policy: NaivePolicy) {
    this.#face = face
    this.#addresses = addresses
    this.#policy = policy
    this.model = new NaiveModel(addresses)
  }

  /** Throws where the two sides part. */
  async take(step: JsonStep): Promise<void> {
    if (step.type === 'command') return this.#send(step.command, step.keyed ? `key-${++this.#keys}` : null)
    const before = this.#sent.at(-step.back)
    if (before === undefined) return
    if (step.type === 'other-under-key') return this.#sendOther(before)
    // A rejected request left its key free, and may have been carried out under it when it was sent again.
    const kept = this.#sent.find(({ key, answer }) => key !== null && key === before.key && answer !== null)
    return kept === undefined ? this.#send(before.command, before.key) : this.#repeat(kept)
  }

  async #send(command: NaiveCommand, key: string | null): Promise<void> {
    const { method, path, asked } = this.#request(command, key)
    const reply = await this.#face.ask(method, path, asked)
    const answer = this.#apply(command)
    same(answerOf(command, reply), answer, `answer to ${method} ${path} ${JSON.stringify(asked)}: ${reply.text}`)
    const made = (reply.json.results as { status: string; id?: number }[] | undefined)?.[0]
    if (made?.status === 'created') this.#ids.set(this.#ids.size + 1, made.id!)
    // A rejection is not kept: trying again may succeed.
    this.#sent.push({ command, key, method, path, asked, answer: answer === 'rejected' ? null : answer })
    this.counts[answer === 'rejected' ? 'rejected' : 'changed']++
    this.#compare()
  }

  // The first answer again, and nothing done.
  async #repeat({ command, method, path, asked, answer }: Sent): Promise<void> {
    const reply = await this.#face.ask(method, path, asked)
    const isGone = reply.status === 404 && (command.type === 'save' || command.type === 'merge')
    if (!isGone) {
      const given = answerOf(command, reply)
      same(given, answer, `repeated answer to ${method} ${path}: ${reply.text}`)
      if (answer !== 'rejected') same(reply.headers.get('idempotent-replayed'), 'true', 'Idempotent-Replayed')
    }
    this.counts.replayed++
    this.#compare()
  }

  async #sendOther({ key, answer, asked: { as = 'writer' } }: Sent): Promise<void> {
    if (key === null || answer === null) return
    const path = `/v1/addresses/${this.#addresses[0]}/subscription`
    const body = { status: 'unsubscribed', reason: `under ${key}, which was another request's` }
    const reply = await this.#face.ask('PUT', path, { as, body, headers: { 'Idempotency-Key': key } })
    same(reply.status, 422, `a key that belongs to another request: ${reply.text}`)
    this.counts.reused++
    this.#compare()
  }

  #apply(command: NaiveCommand): NaiveAnswer {
    const { model } = this
    // This face names nobody by an address that several have; only the legacy one takes the last saved of them.
    const isAmbiguous = command.type === 'save' && command.id === null && command.mode !== 'duplicate'
    if (isAmbiguous && model.countAt(command.address!.toLowerCase()) > 1) return 'rejected'
    return model.carryOut(command, this.#policy, false, this.#ids.size + 1, this.#sent.length)
  }

  #request(command: NaiveCommand, key: string | null): Pick<Sent, 'method' | 'path' | 'asked'> {
    const { who } = command
    const headers: Record<string, string> = key === null ? {} : { 'Idempotency-Key': key }
    const asked: Asked = { as: who.proof === 'none' ? 'writer' : 'admin', headers }
    const request = (method: string, path: string, body?: object) => ({ method, path, asked: { ...asked, body } })
    const idOf = (id: number): number => this.#ids.get(id) ?? strangersId + id
    switch (command.type) {
      case 'delete':
        return request('DELETE', `/v1/people/${idOf(command.id)}`)
      case 'merge':
        return request('POST', `/v1/people/${idOf(command.winner)}/merge`, { losers: command.losers.map(idOf) })
      case 'set': {
        const status = command.out ? 'unsubscribed' : 'subscribed'
        const path = `/v1/addresses/${encodeURIComponent(command.address)}/subscription`
        return request('PUT', path, { status, origin: origins[who.weight - 1], ...proofOf(who) })
      }
      case 'save': {
        const { id, address: email, flag: unsubscribed, city, mode } = command
        const fields = city === undefined ? {} : { fields: { city } }
        const said = {
          ...(email === undefined ? {} : { email }),
          ...(unsubscribed === undefined ? {} : { unsubscribed }),
          ...fields,
          ...proofOf(who),
        }
        if (id !== null) return request('PATCH', `/v1/people/${idOf(id)}`, said)
        return request('POST', '/v1/people', { mode, people: [said] })
      }
    }
  }

  #compare(): void {
    const { people, statuses } = this.#face.store.dump()
    for (const address of this.#addresses) {
      const { out, version } = this.model.statusOf(address)
      const row = [...statuses].find(([key]) => key === address)?.[1]
      const ours = [row?.status.status === 'unsubscribed', row?.status.version ?? 0, row?.people ?? 0]
      same(ours, [out, version, this.model.countAt(address)], `status of ${address}`)
    }
    const ours = [...people.values()].map(person => [
      ...[person.id, person.address?.text ?? null],
      ...[person.ownUnsubscribed, person.fields.City ?? null],
    ])
    const theirs = this.model.people.map(({ id, address, own, city }) => [this.#ids.get(id), address, own, city])
    same(sorted(ours), sorted(theirs), 'people')
  }
}

function proofOf({ proof }: NaiveWho): { reason?: string; evidence?: string } {
  if (proof === 'none') return {}
  return { reason: proof === 'wish' ? 'asked-by-phone' : 'correction', evidence: 'ticket 4711' }
}

function answerOf(command: NaiveCommand, { status, json }: Answered): NaiveAnswer | number {
  if ([403, 404, 409].includes(status) || (status === 422 && json.type !== undefined)) return 'rejected'
  if (status !== 200 && status !== 204) return status
  switch (command.type) {
    case 'delete':
      return 'deleted'
    case 'merge':
      return 'merged'
    case 'set':
      return 'set'
    case 'save': {
      const [result] = (json.results ?? [{ status: 'updated', warnings: [] }]) as SaveResult[]
      if (result!.status === 'created' && result!.warnings.length > 0) return 'created-with-warning'
      return result!.status
    }
  }
}

interface SaveResult {
  readonly status: 'created' | 'updated' | 'rejected'
  readonly warnings: readonly unknown[]
}

const sorted = (rows: readonly (readonly unknown[])[]) => rows.toSorted((a, b) => Number(a[0]) - Number(b[0]))

function same(ours: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(ours, expected)) return
  throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(ours)}`)
}
