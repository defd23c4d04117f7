// Random edits on both sides of an exchange with Salesforce, messages and calls that go wrong in every way, crashes: in
// the end both sides agree, as the precedence says, and nobody was re-subscribed whom nobody re-subscribed.
// FAULT_SEED repeats a run as far as it can be repeated; FAULT_EDITS=10000 makes it a long one, FAULT_PRECEDENCE names
// one of the rules, and FAULT_ENGINE=mysql another store.
import t from 'tap'
import { precedences } from '../../src/domain/salesforce-record.js'
import type { StatusRecord } from '../../src/service/ports.js'
import { anAddress } from '../support/builders.js'
import { type Engine, withDatabase } from '../support/database.js'
import { requires } from '../support/requirements.js'
import { endsOptedOut } from '../support/salesforce-journal.js'
import { aSalesforceSoak } from '../support/salesforce-soak.js'
import { isVerified } from '../support/store-inspection.js'

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 0x100000000))
const asked = process.env.FAULT_EDITS
const edits = Number(asked ?? 240)
const engine = (process.env.FAULT_ENGINE ?? 'sqlite') as Engine
// In an ordinary run one of them each time, so that it stays short.
const chosen = process.env.FAULT_PRECEDENCE ?? (asked === undefined ? precedences[seed % precedences.length] : 'all')
const rules = precedences.filter(rule => chosen === 'all' || chosen === rule)
if (rules.length === 0) throw new Error(`FAULT_PRECEDENCE: expected all, ${precedences.join(', ')}, got ${chosen}`)

const partedEdits = Math.min(200, edits / 3)
const roughEdits = Math.min(800, edits - partedEdits)

t.setTimeout(asked === undefined ? 300_000 : 3_600_000)

for (const precedence of rules) {
  t.test(`both sides agree after ${edits} edits, under ${precedence} (${engine}, FAULT_SEED=${seed})`, async t => {
    if (engine !== 'sqlite' && !requires(t, engine)) return
    t.comment(`FAULT_SEED=${seed} FAULT_PRECEDENCE=${precedence} FAULT_EDITS=${edits}`)
    const { url: databaseUrl } = await withDatabase(t, engine)
    const addresses = asked === undefined ? 12 : 60
    const soak = await aSalesforceSoak(t, { databaseUrl, precedence, seed, addresses })

    for (let done = 0; done < edits; done += roughEdits + partedEdits) {
      await soak.rough(roughEdits, asked === undefined ? 1 : 2)
      await soak.compared()
      t.same(await soak.disagreements(), [], `both sides agree after ${done + roughEdits} edits and one comparison`)

      const { counts } = await soak.compared()
      t.match(counts, { agreed: counts.records }, 'the next comparison has nothing to do')
      const parted = await soak.parted(partedEdits)
      await soak.compared()
      t.same(await soak.disagreements(), [], 'both sides agree after they were parted')
      for (const [key, life] of parted) {
        const { status } = await soak.status(key)
        const isOut = status.status === 'unsubscribed'
        if (isOut === endsOptedOut(life, precedence)) continue
        const history = (await soak.store.statusHistory(anAddress(key).key)).slice(-5)
        const said = JSON.stringify({ life, history, edits: soak.journal.lately(life) }, null, 1)
        t.fail(`${key}: ${precedence} does not give ${isOut} of ${said}`)
      }
    }

    const histories = new Map<string, readonly StatusRecord[]>()
    for (const email of soak.pool) histories.set(email, await soak.store.statusHistory(anAddress(email).key))
    const all = [...histories.values()]
    t.same(
      all.flatMap(history => soak.journal.unexplained(history, precedence)),
      [],
      'every re-subscribe has a cause',
    )
    t.same(soak.journal.clearedForNothing(histories, precedence), [], 'and so has every record that was cleared')
    t.same(soak.errors(), [])
    const changed = all.reduce((sum, history) => sum + history.length, 0)
    t.ok(
      changed > 0 && soak.crashes > 0,
      `${soak.journal.edits} edits there, ${changed} versions here, ${soak.crashes} crashes`,
    )
    t.comment(`${soak.journal.edits} edits there, ${changed} versions here, ${soak.crashes} crashes`)
    await isVerified(t, databaseUrl, 'after the soak')
  })
}
