// What holds for every text: our reader gives the verdict and the content that others give, reads back what was
// written, and never takes more than linear time. Knows the reader by its interface only.
import fc from 'fast-check'
import t from 'tap'
import { createXmlReader, defaultXmlLimits, XmlError, type XmlReader } from '../../src/soap/xml/xml-reader.js'
import { envelopeCorpus } from '../support/envelope-corpus.js'
import { bombs } from '../support/xml-bombs.js'
import { firstDifference } from '../support/xml-comparison.js'
import { type Draw, drawFrom, mutantOf } from '../support/xml-mutants.js'
import {
  doubtAboutSaxes,
  isBeyondOracles,
  type Reading,
  readWithLibxml2,
  readWithSaxes,
} from '../support/xml-oracles.js'
import { anXmlTree, serialise } from '../support/xml-trees.js'

const runs = Number(process.env.FUZZ_RUNS ?? 20_000)
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 0x100000000))

/** Without limits, so that only the algorithm keeps the time down. */
const unlimited = { depthMax: Infinity, attributesMax: Infinity, nameLengthMax: Infinity }
const unitsSmall = 64 * 1024
/** Below this a measurement is noise. Quadratic work on the large text would take many times as long as this. */
const timeFloorUs = 1_000

/** What the text is refused with when its root is consumed by `consume`, undefined where it is accepted. */
function refusalBy(consume: (reader: XmlReader) => void, text: string): XmlError | undefined {
  try {
    const reader = createXmlReader(text, defaultXmlLimits)
    reader.nextChild()
    consume(reader)
    reader.finish()
    return undefined
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
}

const skipRoot = (reader: XmlReader) => reader.skip()
const takeTextOfRoot = (reader: XmlReader) => void reader.text()
function enterAll(reader: XmlReader): void {
  while (reader.nextChild()) enterAll(reader)
}

/** Undefined where our reader agrees with `reading`, else what it sees otherwise. */
function disagreement(text: string, reading: Reading, draw: Draw): string | undefined {
  const refusal = refusalBy(skipRoot, text)
  if (reading.type === 'refused') return refusal === undefined ? `accepted in spite of: ${reading.reason}` : undefined
  if (refusal !== undefined) return `refused: ${refusal.message}`
  return firstDifference(text, reading.root, defaultXmlLimits, draw)
}

t.test('real messages are read as saxes and libxml2 read them', async t => {
  const draw = drawFrom(1)

  const problems = envelopeCorpus.flatMap(text => [
    disagreement(text, readWithSaxes(text), draw),
    disagreement(text, readWithLibxml2(text), draw),
  ])

  t.same(
    problems.filter(problem => problem !== undefined),
    [],
  )
})

t.test(
  `damaged messages get the verdict and the content that saxes gives (FUZZ_RUNS=${runs} FUZZ_SEED=${seed})`,
  async t => {
    const draw = drawFrom(seed)
    const decidedByLibxml2 = new Map<string, number>()
    let accepted = 0
    let undecided = 0

    for (let run = 0; run < runs; run++) {
      const text = mutantOf(envelopeCorpus, draw)
      const reading = readWithSaxes(text)
      if (reading.type === 'accepted') accepted++
      const difference = disagreement(text, reading, draw)
      if (difference === undefined) continue
      if (isBeyondOracles(text, reading)) {
        undecided++
        continue
      }
      const doubt = doubtAboutSaxes(text)
      const secondDifference = disagreement(text, readWithLibxml2(text), draw)
      if (doubt !== undefined && secondDifference === undefined) {
        decidedByLibxml2.set(doubt, (decidedByLibxml2.get(doubt) ?? 0) + 1)
        continue
      }
      t.fail(`mutant ${run}: ${difference}; against libxml2: ${secondDifference ?? 'the same'}`, { text })
      if (t.counts.fail > 10) break
    }

    t.comment(`${runs} mutants, ${accepted} of them well-formed`)
    for (const [doubt, count] of decidedByLibxml2) t.comment(`${count} decided by libxml2: ${doubt}`)
    t.comment(`${undecided} that neither oracle can decide`)
    t.ok(undecided <= 1 + runs / 10_000, 'hardly any mutant is left undecided')
    t.ok(accepted > runs / 5, 'enough mutants are well-formed to compare content')
    t.ok(accepted < runs * 0.8, 'enough mutants are not, to compare verdicts')
  },
)

t.test('a text is refused for the same reason at the same place, however the caller walks through it', async t => {
  const draw = drawFrom(seed + 1)

  for (let run = 0; run < runs / 10; run++) {
    const text = mutantOf(envelopeCorpus, draw)
    const bySkipping = refusalBy(skipRoot, text)
    const others = [refusalBy(enterAll, text), refusalBy(takeTextOfRoot, text)]
    if (others.every(other => other?.message === bySkipping?.message)) continue
    t.fail(`mutant ${run}`, { text, messages: [bySkipping, ...others].map(refusal => refusal?.message) })
  }

  t.pass(`FUZZ_SEED=${seed}`)
})

t.test('every text is accepted or refused with an XmlError that says what was expected, and where', async t => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('<', '</', '<a>', '</a>', '&', '<!', '<?', '"', '=', ' '),
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), all => {
      const text = all.join('')
      const refusal = refusalBy(skipRoot, text)
      if (refusal === undefined) return
      const { offset, line, column } = refusal.position
      const lines = text.slice(0, offset).split(/\r\n|\r(?!\n)|\n/)
      if (!refusal.message.startsWith('expected ')) throw new Error(refusal.message)
      if (offset > text.length || line < 1 || line > lines.length + 1 || column < 1) throw new Error('no such place')
      if (!refusal.message.endsWith(`(line ${line}, column ${column})`)) throw new Error(refusal.message)
    }),
    { numRuns: 2_000, seed },
  )
  t.pass(`seed ${seed}`)
})

t.test('a tree reads back equal, however it was written', async t => {
  fc.assert(
    fc.property(anXmlTree, fc.nat(), (tree, styleSeed) => {
      const text = serialise(tree, drawFrom(styleSeed))
      const difference = firstDifference(text, tree, defaultXmlLimits, drawFrom(styleSeed + 1))
      if (difference !== undefined) throw new Error(`${difference} in ${JSON.stringify(text)}`)
    }),
    { numRuns: 1_000, seed },
  )
  t.pass(`seed ${seed}`)
})

/** CPU time in microseconds that reading takes at best; other processes and the collector only add to it. */
function readingTimeUs(text: string, read: (reader: XmlReader) => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 4; attempt++) {
    const before = process.cpuUsage()
    try {
      const reader = createXmlReader(text, unlimited)
      reader.nextChild()
      read(reader)
    } catch (error) {
      if (!(error instanceof XmlError)) throw error
    }
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, user + system)
  }
  return best
}

t.test('eight times the text takes about eight times as long, whatever it is made of', async t => {
  // A flat copy, as a message has it: the ropes that building leaves behind would be measured with it.
  const flat = (text: string) => Buffer.from(text, 'utf16le').toString('utf16le')

  for (const { name, text } of bombs) {
    const small = flat(text(unitsSmall))
    const large = flat(text(unitsSmall * 8))
    for (const read of [skipRoot, takeTextOfRoot]) {
      const ratio = readingTimeUs(large, read) / Math.max(readingTimeUs(small, read), timeFloorUs)
      t.ok(ratio < 32, `${name}: ${ratio.toFixed(1)}`)
    }
  }
})

t.test('asking for the position of each element is linear too', async t => {
  const text = (count: number) => `<r>${'<a/>\n'.repeat(count)}</r>`
  const locate = (reader: XmlReader) => {
    while (reader.nextChild()) {
      reader.position()
      reader.skip()
    }
  }

  const ratio = readingTimeUs(text(64_000), locate) / Math.max(readingTimeUs(text(8_000), locate), timeFloorUs)

  t.ok(ratio < 32, ratio.toFixed(1))
})
