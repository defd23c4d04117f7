// An address is erased again and again while others write to it and around it: nobody is told of an error, the log
// proves itself, and what names the address came after the last erasure.
import t from 'tap'
import type { Erased } from '../../src/domain/erasure.js'
import { aSave, aSubmission, aSubscription } from '../support/builders.js'
import { type Engine, withDatabase } from '../support/database.js'
import { aHashingStore, erase, everything, verified, whole } from '../support/erasures.js'
import { aGroupCommit } from '../support/group-commits.js'
import { requires } from '../support/requirements.js'
import { Scene } from '../support/scene.js'

// The limit of all files is too short for a busy machine.
t.setTimeout(300_000)

const domain = 'under-writes.example'
const erasures = 6
const writersCount = 8

for (const engine of ['sqlite', 'mysql'] satisfies Engine[]) {
  t.test(`erasing while eight writers go on (${engine})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { url } = await withDatabase(t, engine)
    const store = await aHashingStore(t, url)
    const scene = new Scene(store, domain)
    const elsewhere = await aHashingStore(t, url)
    const address = scene.address('ada.secret')
    const writesOf = [scene.writes, scene.otherWrites, aGroupCommit(elsewhere).writes]
    await scene.person('ada.secret')
    let isOver = false
    const answers = new Set<string>()
    const writer = async (number: number): Promise<void> => {
      const writes = writesOf[number % writesOf.length]!
      const other = scene.address(`other-${number}`)
      const carryOut = async (command: Parameters<Scene['carryOut']>[0]): Promise<unknown> => {
        const answer = await writes.submit(aSubmission({ command }))
        answers.add(answer.type)
        return 'outcome' in answer && 'personId' in answer.outcome ? answer.outcome.personId : null
      }
      while (!isOver) {
        const made = await carryOut(aSave({ address, mode: 'duplicate', fields: { City: `Verona ${number}` } }))
        await carryOut(aSubscription('unsubscribed', address))
        await carryOut(aSave({ address: other, mode: 'upsert' }))
        // Somebody who is erased by then is not there any more.
        await carryOut(aSave({ id: Number(made), address: other }))
        await carryOut(aSave({ by: other, address }))
        await carryOut(aSubscription('subscribed', address))
      }
    }
    const running = Promise.all(Array.from({ length: writersCount }, (_, number) => writer(number)))

    const told: Erased[] = []
    try {
      for (let round = 0; round < erasures; round++) {
        const before = (await store.head()).seq
        const answer = await erase(round % 2 === 0 ? store : elsewhere, address)
        if (answer.type === 'carried-out' && answer.outcome.type === 'erased') told.push(answer.outcome)
        t.ok((await store.head()).seq > before)
      }
    } finally {
      isOver = true
      await running
    }

    t.equal(told.length, erasures)
    t.same(
      [...answers].filter(type => type !== 'carried-out' && type !== 'rejected'),
      [],
    )
    t.match(await verified(t, store), whole, 'with what was written meanwhile')
    const log = []
    for (let after = 0; ; ) {
      const page = await store.log({ after, limit: 1_000 })
      if (page.length === 0) break
      log.push(...page)
      after = page.at(-1)!.seq
    }
    const last = log.filter(({ kind }) => kind === 'erase-address').at(-1)!.seq
    t.same(
      log.filter(({ seq, detail }) => seq < last && detail?.includes('ada.secret')).map(({ seq }) => seq),
      [],
      'the log names it only behind the last erasure',
    )
    await erase(store, address)
    t.same(
      (await everything(url)).filter(text => text.toLowerCase().includes('ada.secret')),
      [],
    )
    t.match(await verified(t, store), whole, 'when nobody writes any more')
  })
}
