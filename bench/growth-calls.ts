// The calls that are sent to a large store and to a small one: signed messages about people that are there already. It
// knows the wire and who is there; it must not know how the calls are sent.
import { bodyEnd, closingOf, passOpenings } from './calls.js'
import { addressAt, oneOptedOutOf, sizesOf } from './growth-fill.js'

/** How many different people the calls of a few are about: so many fit into the memory of any database. */
export const fewPeople = 900

/** Whom calls are about: all in an order without any pattern, or always the same few, wherever these lie. */
export type Crowd = 'everybody' | 'a few'

// A prime, so that every place of the subscribed is visited before one comes twice.
const stride = 7_368_787

/** Gives one index after the other of those whose address was not opted out when the store was filled. */
export function indexes(people: number, crowd: Crowd): () => number {
  const subscribed = people - people / oneOptedOutOf
  const [count, step] = crowd === 'everybody' ? [subscribed, 1] : [fewPeople, subscribed / fewPeople]
  // Elsewhere each time: what an earlier run has opted out is not met again where a store is kept.
  let place = Math.floor(Math.random() * count)
  return () => {
    place = (place + stride) % count
    const index = place * step
    const perTen = oneOptedOutOf - 1
    return Math.floor(index / perTen) * oneOptedOutOf + 1 + (index % perTen)
  }
}

/** Each call changes a status: the first round opts out, the next re-subscribes, signed anew, and so on. */
export function flagMessages(people: number, crowd: Crowd): () => string {
  const openingAt = passOpenings('<ns1:paramsSyncLead><leadRecord><Email>')
  const count = crowd === 'everybody' ? people - people / oneOptedOutOf : fewPeople
  const nextIndex = indexes(people, crowd)
  let sent = 0
  let opening = ''
  return () => {
    const pass = Math.floor(sent / count)
    if (sent % count === 0) opening = openingAt(pass)
    sent += 1
    return opening + addressAt(nextIndex()) + closingOf(pass % 2 === 0 ? '1' : '0')
  }
}

export function readMessages(people: number, crowd: Crowd): () => string {
  const opening = passOpenings('<ns1:paramsGetLead><leadKey><keyType>EMAIL</keyType><keyValue>')(0)
  const nextIndex = indexes(people, crowd)
  return () => `${opening}${addressAt(nextIndex())}</keyValue></leadKey></ns1:paramsGetLead>${bodyEnd}`
}

/** Checks of so many addresses at a time. */
export function checkBodies(people: number, crowd: Crowd, addresses: number): () => string {
  const nextIndex = indexes(people, crowd)
  return () => JSON.stringify({ addresses: Array.from({ length: addresses }, () => addressAt(nextIndex())) })
}

/** Pages of a hundred changes: from anywhere in the stream, or of the last thousand, as whoever polls reads them. */
export function changeMessages(people: number, crowd: Crowd): () => string {
  const opening = passOpenings('<ns1:paramsGetLeadChanges><startPosition><offset>ID:')(0)
  const { activities } = sizesOf(people)
  const span = crowd === 'everybody' ? activities : Math.min(activities, 1_000)
  let place = 0
  return () => {
    place = (place + stride) % span
    const closing = '</offset></startPosition><batchSize>100</batchSize></ns1:paramsGetLeadChanges>'
    return opening + (activities - span + place) + closing + bodyEnd
  }
}
