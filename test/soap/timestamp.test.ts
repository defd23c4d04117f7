// Every form of time that legacy clients put into their signed header, and texts that are none.
import fc from 'fast-check'
import t from 'tap'
import { parseTimestamp } from '../../src/soap/timestamp.js'

const at = (iso: string): number => Date.parse(iso)

t.test('habit 11: every timestamp form that clients send is read as the moment it means', async t => {
  const forms: readonly (readonly [string, string])[] = [
    ['2026-11-20T16:48:42-08:00', '2026-11-21T00:48:42Z'],
    ['2026-11-20T16:48:42-0800', '2026-11-21T00:48:42Z'],
    ['2026-11-20T16:48:42-08', '2026-11-21T00:48:42Z'],
    ['2026-11-20T16:48:42+05:30', '2026-11-20T11:18:42Z'],
    ['2026-11-20T16:48:42Z', '2026-11-20T16:48:42Z'],
    ['2026-11-20t16:48:42z', '2026-11-20T16:48:42Z'],
    ['2026-11-20T16:48:16.760Z', '2026-11-20T16:48:16.760Z'],
    ['2014-02-13T11:51:08.710-08:00', '2014-02-13T19:51:08.710Z'],
    ['2026-11-20 16:48:43 -0800', '2026-11-21T00:48:43Z'],
    ['2016-06-01 10:00:00 +0900', '2016-06-01T01:00:00Z'],
    ['2016-06-01 10:00:00 UTC', '2016-06-01T10:00:00Z'],
    ['2026-11-20T16:49:30.560000', '2026-11-20T16:49:30.560Z'],
    ['2026-11-20T16:49:30', '2026-11-20T16:49:30Z'],
    ['2026-11-20 16:49:30', '2026-11-20T16:49:30Z'],
    ['2026-11-20T16:49Z', '2026-11-20T16:49:00Z'],
    [' 2026-11-20T16:49:30Z\n', '2026-11-20T16:49:30Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z'],
    ['2026-11-20T24:00:00Z', '2026-11-21T00:00:00Z'],
  ]
  for (const [text, moment] of forms) t.equal(parseTimestamp(text), at(moment), text)
})

t.test('a text that is no time is not taken for one', async t => {
  const texts = [
    '',
    'yesterday',
    '2026-11-20',
    '1700000000',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-11-20T25:00:00Z',
    '2026-11-20T24:30:00Z',
    '2026-11-20T16:60:00Z',
    '2026-11-20T16:48:61Z',
    '2026-11-20T16:48:42+24:00',
    '2026-11-20T16:48:42 PST',
    '2026-11-20T16:48:42Z2026-11-20T16:48:42Z',
    '٢٠٢٦-11-20T16:48:42Z',
  ]
  for (const text of texts) t.equal(parseTimestamp(text), undefined, text)
})

t.test('whatever offset a moment is written with, the same moment is read', async () => {
  const moments = fc.integer({ min: at('1990-01-01T00:00:00Z'), max: at('2099-01-01T00:00:00Z') })
  const minutes = fc.integer({ min: -14 * 60, max: 14 * 60 })
  fc.assert(
    fc.property(
      moments,
      minutes,
      fc.constantFrom('T', ' '),
      fc.constantFrom(':', ''),
      (moment, offset, blank, colon) => {
        const local = new Date(moment + offset * 60_000).toISOString().slice(0, -1).replace('T', blank)
        const two = (n: number): string => String(Math.floor(Math.abs(n))).padStart(2, '0')
        const text = `${local}${offset < 0 ? '-' : '+'}${two(offset / 60)}${colon}${two(offset % 60)}`
        return parseTimestamp(text) === moment
      },
    ),
  )
})
