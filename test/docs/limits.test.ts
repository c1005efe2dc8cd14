/** docs/limits.md says what the code does: every limit and rate once, with its default, and none that is not there. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { limitDefaults, rateDefaults } from '#src/limits/limits.js'
import { appendBytesMax, appendEventsMax } from '#src/ports/eventStore.js'
import { limitText, rateText } from './limitsPage.js'

const page = readFileSync(new URL('../../../../docs/limits.md', import.meta.url), 'utf8')
const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name = '', value = '']) => [name, value.trim()])

describe('the page of limits', () => {
  it('has every limit and every rate with its default', () => {
    const limits = Object.entries(limitDefaults).map(([name, value]) => [name, limitText(name, value)])
    const rates = Object.entries(rateDefaults).map(([name, rate]) => [name, rateText(name, rate)])
    const log = Object.entries({ appendBytesMax, appendEventsMax }).map(([name, value]) => [
      name,
      value.toLocaleString('en'),
    ])
    expect([...rows].sort()).to.deep.equal([...limits, ...rates, ...log].sort())
  })
})
