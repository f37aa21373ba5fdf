import { strict as assert } from 'node:assert'
import {
  formatTimestamptz,
  parseTimestamp,
  parseTimestamptz,
} from '../../../executor/functions/datetime-text.ts'
import { findZone, fixedZone, namedZone, zoneOfText } from '../../../executor/functions/time-zone.ts'
import { testContext } from '../../support/sql-expressions.ts'

const HOUR = 3_600_000_000n

function instant(text: string): bigint {
  return parseTimestamptz(text, testContext)
}

function local(text: string): bigint {
  return parseTimestamp(text, testContext)
}

describe('time zones', () => {
  it('know offsets before, between and after transitions', () => {
    const berlin = namedZone('Europe/Berlin')
    assert.equal(berlin.offsetAt(instant('2024-03-31 00:59:59.999999Z')), HOUR)
    assert.equal(berlin.offsetAt(instant('2024-03-31 01:00:00Z')), 2n * HOUR)
    assert.equal(berlin.offsetAt(instant('2024-10-27 00:59:59Z')), 2n * HOUR)
    assert.equal(berlin.offsetAt(instant('2024-10-27 01:00:00Z')), HOUR)
  })

  it('know local mean time, to the second', () => {
    assert.equal(namedZone('America/New_York').offsetAt(instant('1800-01-01Z')), -17_762_000_000n)
    assert.equal(namedZone('Europe/Berlin').offsetAt(instant('0044-03-15 BC')), 3_208_000_000n)
  })

  it('repeat their rules far in the future', () => {
    const zone = namedZone('America/New_York')
    assert.equal(zone.offsetAt(instant('9999-07-01Z')), -4n * HOUR)
    assert.equal(zone.offsetAt(instant('200000-01-01Z')), -5n * HOUR)
  })

  it('read a skipped local time with the offset before, a repeated one with the offset after', () => {
    const zone = namedZone('America/New_York')
    assert.equal(zone.toUtc(local('2024-03-10 02:30')), instant('2024-03-10 07:30Z'))
    assert.equal(zone.toUtc(local('2024-11-03 01:30')), instant('2024-11-03 06:30Z'))
  })

  it('round trip every hour of a year, but for skipped and repeated ones', () => {
    for (const name of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC']) {
      const zone = namedZone(name)
      const end = instant('2025-01-01Z')
      for (let at = instant('2024-01-01Z'); at < end; at += HOUR) {
        const back = zone.toUtc(at + zone.offsetAt(at))
        const distance = back < at ? at - back : back - at
        assert.ok(
          distance === 0n || (distance <= HOUR && zone.offsetAt(back) !== zone.offsetAt(at)),
          `${name} ${at}`,
        )
      }
    }
  })

  it('count POSIX offsets westwards', () => {
    assert.equal(namedZone('UTC+3').offsetAt(0n), -3n * HOUR)
    assert.equal(namedZone('<+03>-03').offsetAt(0n), 3n * HOUR)
    assert.equal(namedZone('-3:30').offsetAt(0n), 3n * HOUR + HOUR / 2n)
    assert.equal(namedZone('<+03>-03').abbreviationAt(0n), '+03')
  })

  it('find names in any case, and no names that only ICU knows', () => {
    assert.equal(findZone('america/new_york')?.offsetAt(0n), -5n * HOUR)
    assert.equal(findZone('AET'), undefined)
    assert.equal(findZone('Mars/Olympus'), undefined)
    assert.throws(() => namedZone('Mars/Olympus'), {
      code: '22023',
      message: 'time zone "Mars/Olympus" not recognized',
    })
  })

  it('prefer abbreviations in AT TIME ZONE', () => {
    assert.equal(zoneOfText('est').offsetAt(instant('2024-07-01Z')), -5n * HOUR)
    assert.equal(zoneOfText('MSK').offsetAt(instant('2012-07-01Z')), 4n * HOUR)
  })

  it('print usual abbreviations, numbers otherwise', () => {
    const summer = instant('2024-07-01Z')
    const names = [
      'Europe/Berlin',
      'America/New_York',
      'Europe/London',
      'Asia/Tokyo',
      'Australia/Sydney',
      'Asia/Dubai',
    ]
    const shown = names.map(name => namedZone(name).abbreviationAt(summer))
    assert.deepEqual(shown, ['CEST', 'EDT', 'BST', 'JST', 'AEST', '+04'])
    assert.equal(fixedZone(-12_600).abbreviationAt(0n), '-0330')
  })

  it('print offsets with seconds where there are any', () => {
    const context = { ...testContext, timeZone: 'Europe/Amsterdam' }
    assert.equal(formatTimestamptz(instant('1800-01-01 12:00Z'), context), '1800-01-01 12:17:30+00:17:30')
  })
})
