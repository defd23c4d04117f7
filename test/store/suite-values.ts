// Values that must come back as they went in, byte for byte, and identifiers that only bytes may tell apart.
import { aForeignId, aKey, aSave } from '../support/builders.js'
import { personIdOf } from '../support/group-commits.js'
import type { StoreTest } from './store-suite.js'

const controls = Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)).join('')
const texts: Readonly<Record<string, string>> = {
  'leading zero': '04828',
  exponent: '12e5',
  hexadecimal: '0x1A',
  blanks: ' a ',
  'trailing blanks': 'a   ',
  'the word true': 'true',
  emoji: '\u{1F469}\u200D\u{1F680} \u{1F1EF}\u{1F1F5}',
  controls,
  'delete and line separators': '\u007F\u0085\u2028\u2029',
  quotes: '\'"`\'\'""',
  backslashes: '\\ \\\\ \\n \\0 \\\' \\"',
  'SQL wildcards': '%_?:name $1 -- /* */ ;',
  'JSON in text': '{"a":[1,null,"\\u0000"]}',
  composed: '\u00E9',
  decomposed: 'e\u0301',
  noncharacters: '\uFFFE\uFFFF\u{10FFFF}',
  'a mark of byte order': '\uFEFFa',
  longest: 'x'.repeat(65_535),
  'longest in three bytes each': '\u65E5'.repeat(65_535),
}

export const valueTests: Readonly<Record<string, StoreTest>> = {
  'scenario 40: values come back byte for byte, also from the log and from histories': async (t, scene) => {
    const fields = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, text]))
    const id = await scene.person('x')

    const answer = await scene.save(id, { fields })

    const [view] = await scene.store.peopleByIds([id])
    const activities = await scene.activities(id)
    const entry = (await scene.store.log({ after: 'seq' in answer ? answer.seq - 1 : 0, limit: 1 }))[0]
    const logged = JSON.parse(entry!.detail!).command.fields
    for (const [name, text] of Object.entries(texts)) {
      t.ok(view?.person.fields[name] === text, `${name}, as a field`)
      t.ok(activities.find(({ attribute }) => attribute === name)?.to === text, `${name}, in the history`)
      t.ok(logged[name] === text, `${name}, in the log`)
    }
  },

  'a person comes back as it was saved': async (t, scene) => {
    const text = ` Ada@${scene.domain.toUpperCase()} `
    const id = await scene.person('x', {
      address: text,
      partition: 'Gro\u00DF \u{1F30D}',
      fields: { City: 'K\u00F6ln' },
    })

    const [view] = await scene.store.peopleByIds([id])

    t.match(view?.person, {
      id,
      address: { text: text.trim(), key: `ada@${scene.domain}` },
      ownUnsubscribed: false,
      partition: 'Gro\u00DF \u{1F30D}',
      fields: { City: 'K\u00F6ln' },
    })
    t.match([view?.person.createdAt, view?.person.savedAt, view?.person.updatedAt], [Number, Number, Number])
    t.ok(Math.abs(view!.person.createdAt - Date.now()) < 60_000, 'times are milliseconds since the epoch')
  },

  'composed and decomposed spellings share a status, each person keeps its own': async (t, scene) => {
    const composed = await scene.person('jos\u00E9')
    const decomposed = await scene.person('jose\u0301')
    await scene.set('unsubscribed', 'jos\u00E9')

    t.strictSame(await scene.flags(composed, decomposed), [true, true])
    const views = await scene.store.peopleByIds([decomposed])
    t.equal(views[0]?.person.address?.text, `jose\u0301@${scene.domain}`)
  },

  'addresses that a collation takes for one have a status each': async (t, scene) => {
    const names = [
      'jose',
      'jos\u00E9',
      'fass',
      'fa\u00DF',
      'fas',
      'i',
      '\u0131',
      '\u0130',
      '\uFF49',
      '\u00FC',
      'u',
      'ue',
      '\u65E5',
      '\u66F0',
    ]
    for (const name of names) await scene.set('unsubscribed', name)
    await scene.set('subscribed', 'jose')

    for (const name of names)
      t.strictSame(await scene.status(name), name === 'jose' ? ['subscribed', 2] : ['unsubscribed', 1], name)
  },

  'foreign ids are told apart by their bytes': async (t, scene) => {
    const values = ['00Qa', '00QA', '00Q\u00E1', '00Qa\u0301', '00Q\u00DF', '00Qss', ' 00Qa', '00Qa.', '1e3', '1000']
    const ids = new Map<string, number>()
    for (const value of values) {
      const answer = await scene.carryOut(aSave({ foreignId: aForeignId(`${scene.domain}${value}`) }))
      ids.set(value, personIdOf(answer))
    }
    t.equal(new Set(ids.values()).size, values.length)
    for (const [value, id] of ids) {
      const views = await scene.store.peopleByForeignId(aForeignId(`${scene.domain}${value}`))
      t.strictSame(
        views.map(({ person }) => person.id),
        [id],
        value,
      )
      t.strictSame(views[0]?.foreignIds, [aForeignId(`${scene.domain}${value}`)])
    }
  },

  'cookies are told apart by their bytes': async (t, scene) => {
    const values = ['id:1&token:_mch-a', 'id:1&token:_mch-A', 'id:1&token:_mch-\u00E1', 'x'.repeat(480)]
    for (const value of values) await scene.carryOut(aSave({ cookie: scene.domain + value }))

    const found = await Promise.all(values.map(value => scene.store.peopleByCookie(scene.domain + value)))

    t.equal(new Set(found.map(views => views[0]?.person.id)).size, values.length)
    t.strictSame(await scene.store.peopleByCookie(`${scene.domain}nobody`), [])
  },

  // MySQL pads what it compares, so no caller's identifier ends in a blank: both faces take blanks off at the ends.
  // Names that an operator types reach the store as they are; these may be refused there, but never be mixed up.
  'a name that differs only by a blank at its end is another one or is refused': async (t, { store, domain }) => {
    const aCredential = (id: string, secret: string) =>
      store.addCredential({
        id,
        kind: 'api',
        role: 'writer',
        secret: `${secret} ${domain}`,
        previous: null,
        createdAt: 1,
        revokedAt: null,
      })
    const aField = (name: string, type: 'string' | 'integer') =>
      store.addField({ name, jsonName: name, label: name, type, isReadOnly: false, isCustom: true })
    await aCredential(domain, 'first')
    await aField(domain, 'integer')

    const isCredentialTaken = await aCredential(`${domain} `, 'second')
    const isFieldTaken = await aField(`${domain} `, 'string')

    t.match(await store.credentialById(domain), { id: domain, secret: `first ${domain}` })
    t.equal((await store.credentialBySecret(`second ${domain}`))?.id, isCredentialTaken ? `${domain} ` : undefined)
    const fields = (await store.customFields()).filter(({ name }) => name.startsWith(domain))
    t.equal(fields.length, isFieldTaken ? 2 : 1)
    t.equal(fields.find(({ name }) => name === domain)?.type, 'integer')
  },

  'reason, source, actor and evidence of a status come back as given': async (t, scene) => {
    const cause = {
      actor: 'J\u00F6rg \\ "crm"',
      role: 'admin' as const,
      source: 'JSON API',
      reason: ' says: \u{1F6AB} ',
      reasonGiven: true,
      evidence: `${"it's \\ here\n".repeat(20)} `,
    }
    await scene.carryOut(
      {
        type: 'set-subscription',
        address: { text: scene.address('x'), key: aKey(scene.address('x')) },
        status: 'unsubscribed',
      },
      { cause },
    )

    const { actor, source, reason, evidence } = cause
    const { status } = await scene.store.status(aKey(scene.address('x')))
    t.match(status, { actor, source, reason, evidence })
    t.match(await scene.store.statusHistory(aKey(scene.address('x'))), [{ actor, source, reason, evidence }])
  },
}
