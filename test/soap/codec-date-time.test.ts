// Every form of a point in time that clients were seen to send, and the one form that we write.
import fc from 'fast-check'
import t from 'tap'
import { formatDateTime, ianaZone, parseDateTime, utcZone } from '../../src/soap/codec/codec-date-time.js'

const chicago = ianaZone('America/Chicago')

t.test('the forms of real clients are read', async t => {
  const forms: readonly (readonly [string, string])[] = [
    ['2026-11-20T16:48:42-08:00', '2026-11-21T00:48:42.000Z'],
    ['2026-11-20T16:48:42Z', '2026-11-20T16:48:42.000Z'],
    ['2026-11-20T16:48:16.760Z', '2026-11-20T16:48:16.760Z'],
    ['2026-11-20 16:48:43 -0800', '2026-11-21T00:48:43.000Z'],
    ['2016-06-01 10:00:00 +0900', '2016-06-01T01:00:00.000Z'],
    ['2026-11-20T16:49:30.560000', '2026-11-20T16:49:30.560Z'],
    ['2026-11-20 16:49:30Z', '2026-11-20T16:49:30.000Z'],
    ['2026-11-20 16:49:30 UTC', '2026-11-20T16:49:30.000Z'],
    ['2014-02-13T11:51:08.710-08:00', '2014-02-13T19:51:08.710Z'],
    [' 2026-11-20t16:49:30.1z ', '2026-11-20T16:49:30.100Z'],
    ['2026-12-31T24:00:00+00:00', '2027-01-01T00:00:00.000Z'],
    ['2024-02-29T00:00:00+05:45', '2024-02-28T18:15:00.000Z'],
  ]

  for (const [text, expected] of forms) {
    t.equal(new Date(parseDateTime(text) ?? Number.NaN).toJSON(), expected, text)
  }
})

t.test('what no calendar has, and what is no date and time, is not read', async t => {
  for (const text of [
    '',
    '2026-11-20',
    '20261120T164842',
    '2026-11-20T16:48',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:01Z',
    '2026-01-01T25:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+14:01',
    '2026-01-01T00:00:00+01:60',
    '0026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Zulu',
    'Fri, 20 Nov 2026 16:48:42 GMT',
    '1795193322',
  ]) {
    t.equal(parseDateTime(text), undefined, text)
  }
})

t.test('a time without an offset belongs to the zone of the service', async t => {
  const at = (text: string) => new Date(parseDateTime(text, chicago) ?? Number.NaN).toJSON()

  t.equal(at('2026-01-31T09:30:00'), '2026-01-31T15:30:00.000Z')
  t.equal(at('2026-07-31T09:30:00'), '2026-07-31T14:30:00.000Z')
  t.equal(at('2026-03-08T03:30:00'), '2026-03-08T08:30:00.000Z')
  t.equal(at('2026-07-31T09:30:00Z'), '2026-07-31T09:30:00.000Z')
})

t.test('times are written with the offset that the zone has at that instant', async t => {
  t.equal(formatDateTime(Date.parse('2026-01-31T15:30:00Z'), chicago), '2026-01-31T09:30:00-06:00')
  t.equal(formatDateTime(Date.parse('2026-07-31T15:30:00Z'), chicago), '2026-07-31T10:30:00-05:00')
  t.equal(formatDateTime(Date.parse('2026-07-31T15:30:00.999Z'), utcZone), '2026-07-31T15:30:00+00:00')
  t.equal(formatDateTime(0, ianaZone('Asia/Kathmandu')), '1970-01-01T05:30:00+05:30')
  t.equal(formatDateTime(0, ianaZone('Europe/London')), '1970-01-01T01:00:00+01:00')
  t.equal(formatDateTime(0, ianaZone('UTC')), '1970-01-01T00:00:00+00:00')
})

t.test('a zone that is none is refused', async t => {
  t.throws(() => ianaZone('Mars/Olympus'), RangeError)
})

t.test('what was written is read as the same second, in any zone', async t => {
  const instants = fc.date({ min: new Date('1000-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
  const zones = fc.constantFrom(utcZone, chicago, ianaZone('Asia/Kolkata'), ianaZone('Pacific/Kiritimati'))

  fc.assert(
    fc.property(instants, zones, (date, zone) => {
      const second = Math.floor(date.getTime() / 1000) * 1000
      // Old local times are minutes and seconds from UTC, and an offset has no seconds.
      return zone !== utcZone && date.getUTCFullYear() < 1972
        ? true
        : parseDateTime(formatDateTime(date.getTime(), zone)) === second
    }),
  )
  t.end()
})
