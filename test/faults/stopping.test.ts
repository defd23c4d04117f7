// SIGTERM while calls are under way, as on every deployment: whoever had sent a call before gets its answer, nobody
// new is let in, and the process ends by itself with code 0.
import t from 'tap'
import { onEachEngine } from '../support/database.js'
import {
  authenticationHeader,
  envelope,
  legacyPath,
  mktowsNamespace,
  paramsSyncLead,
  Unanswered,
} from '../support/legacy-client.js'
import { RawConnection } from '../support/raw-http.js'
import { account, startServerChild } from '../support/server-child.js'
import { isVerified, readLog } from '../support/store-inspection.js'

const callersCount = 24
const roundsBefore = 2

onEachEngine(
  t,
  'every call that was sent before SIGTERM is answered, and the process ends with 0',
  async (t, { url }) => {
    const server = await startServerChild(t, { databaseUrl: url })
    const connections = await Promise.all(Array.from({ length: callersCount }, () => RawConnection.connect(server.url)))
    t.teardown(() => connections.forEach(connection => void connection.close()))
    // On kept connections, so that the server is in full swing and all of them are used ones.
    for (let round = 0; round < roundsBefore; round++) {
      await Promise.all(connections.map(connection => connection.write(aCall()).then(() => connection.answer())))
    }

    await Promise.all(connections.map(connection => connection.write(aCall())))
    const stopped = server.stop()

    const answers = await Promise.all(connections.map(connection => connection.answer()))
    t.same(
      answers.map(answer => answer?.status ?? 'closed'),
      Array(callersCount).fill(200),
      'all that was sent is answered',
    )
    t.ok(
      answers.every(answer => answer?.body.includes(`"${mktowsNamespace}"`)),
      'with what was asked for',
    )
    t.same(await stopped, { code: 0, signal: null })
    await t.rejects(
      server.client().getLead('EMAIL', 'ada@example.org'),
      { name: Unanswered.name },
      'nobody new is let in',
    )
    t.same(server.errors(), [])
    t.equal((await readLog(url)).length, callersCount * (roundsBefore + 1), 'and all of it is in the log')
    await isVerified(t, url, 'after the stop')
  },
)

let calls = 0

function aCall(): string {
  const lead = { email: `caller-${calls++ % callersCount}@example.org`, attributes: { Unsubscribed: '1' } }
  const message = envelope(authenticationHeader(account), paramsSyncLead(lead))
  const head = [
    `POST ${legacyPath} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: text/xml',
    `Content-Length: ${message.length}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${message}`
}
