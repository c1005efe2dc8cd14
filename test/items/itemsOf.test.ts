/** Every kind of item is shown by some event, with the fields that the list of items gives it, and docs/api.md says the same. */
import { readFileSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { parseAnyEvent } from '#src/events/anyEvent.js'
import { frameBytes } from '#src/items/frame.js'
import { itemsOf } from '#src/items/itemsOf.js'
import type { Placed } from '#src/items/placed.js'
import { queueItem } from '#src/items/queueItem.js'
import { toPosition } from '#src/ports/position.js'
import { queueNumber } from '../projections/queues/world.js'

type Golden = { readonly event: { readonly stream: string; readonly type: string; readonly data: object } }

const directory = new URL('../golden/events/', import.meta.url)

/** A file has one event, or further forms of it. */
const goldenIn = (file: string): readonly Golden[] => {
  const read = JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as Golden | readonly Golden[]
  return 'event' in read ? [read] : read
}

/** Every event ever written, and each again as it was claimed with the last resort. */
const events = readdirSync(directory)
  .flatMap(goldenIn)
  .flatMap(({ event }) => {
    const claims = event.type === 'KeyPackageClaimed'
    return claims ? [true, false].map((lastResort) => ({ ...event, data: { ...event.data, lastResort } })) : [event]
  })

const shown = events.flatMap((stored) => {
  const event = parseAnyEvent(stored as unknown as Parameters<typeof parseAnyEvent>[0])
  const placed: Placed = { event, position: toPosition(7), stream: stored.stream, revision: 0, id: 'id', at: 1 }
  return itemsOf(placed, () => queueNumber(1)).map(
    ({ item }) => JSON.parse(frameBytes(JSON.stringify(item), 'log', toPosition(7)).toString()) as unknown,
  )
})

/** An item's type, and a notice's kind. */
const nameOf = ({ type, kind }: { readonly type: string; readonly kind?: string }): string => kind ?? type

const listed = queueItem.options.map(({ shape }) => {
  const name = 'kind' in shape ? shape.kind.value : shape.type.value
  const unsaid = new Set(name === 'gap' ? ['type', 'position'] : ['type', 'kind', 'position'])
  if ('kind' in shape) unsaid.add('at')
  const fields = Object.entries(shape).filter(([field]) => !unsaid.has(field))
  return [name, fields.map(([field, { type }]) => (type === 'optional' ? `${field}?` : field))] as const
})

describe('the items of events', () => {
  it('have the fields that the list of items gives them, and no other', () => {
    for (const item of shown) expect(queueItem.parse(item)).to.deep.equal(item)
  })

  it('are of every kind in the list; only a gap is made where a page is read', () => {
    const kinds = shown.map((item) => nameOf(queueItem.parse(item)))
    expect([...new Set(kinds), 'gap']).to.have.members(listed.map(([name]) => name))
  })

  it('of contacts are for users of this server: whoever asked from another one hears it there', () => {
    const [user, from] = ['mimi://a.example/u/AQEBAQEBAQEBAQEBAQEBAQ', 'mimi://b.example/u/AgICAgICAgICAgICAgICAg']
    const shownOf = (type: string, data: object) => {
      const event = { type, data } as Placed['event']
      const placed = { event, position: toPosition(7), stream: 'contacts-x', revision: 0, id: 'id', at: 1 }
      return itemsOf(placed, () => undefined).map(({ audience, item }) => [audience, 'kind' in item ? item.kind : ''])
    }
    for (const type of ['ConnectionAccepted', 'ConnectionRejected'])
      expect(shownOf(type, { user, from, request: 'r' }), type).to.deep.equal([])
    const heard = { user: from, from: user, request: 'r' }
    expect(shownOf('ContactGranted', heard)).to.deep.equal([[{ recipient: user }, 'connectionAccepted']])
    expect(shownOf('ContactEnded', { user, by: from, request: 'r' })).to.deep.equal([
      [{ recipient: user }, 'connectionRejected'],
    ])
    for (const [type, data] of [
      ['ContactEnded', { user, by: from }],
      ['ContactSought', { ...heard, ciphertext: '' }],
    ] as const)
      expect(shownOf(type, data), type).to.deep.equal([])
  })

  it('are those that docs/api.md names, field by field', () => {
    const docs = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8')
    const [, section = ''] = docs.split('### Queue items')
    const [items = ''] = section.split('\n## ')
    const rows = [...items.matchAll(/^\| `(\w+)` \| ([^|]*) \|/gm)].map(([, name, fields = '']) => [
      name,
      fields.split(', '),
    ])
    expect(Object.fromEntries(rows)).to.deep.equal(Object.fromEntries(listed))
  })
})
