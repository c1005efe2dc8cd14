import { readFileSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import { categoryOf, parseAnyEvent, shapesByCategory } from '#src/events/anyEvent.js'
import { checkOf } from '#src/events/form/checksum.js'
import { position } from '#src/events/form/fields.js'
import { metaSchema } from '#src/events/form/meta.js'
import { currentShape } from '#src/events/form/parser.js'
import type { Shapes } from '#src/events/form/parser.js'
import { pathsOf, variantsIn, variantsOf } from './variants.js'

/**
 * Every event shape ever written still parses: test/golden/events has, for each category, type and shape, a file with one
 * event and perhaps another (`….forms.json`) with every further form that its data was ever written in. A file is never
 * changed once it is released. `event` is as the log holds it, `parsed` what the parser makes of it today (left out where
 * that is the same data).
 */
const directory = new URL('./events/', import.meta.url)
const one = z.strictObject({
  event: z.strictObject({ stream: z.string(), id: z.string().optional(), type: z.string(), data: z.json(), meta: metaSchema }),
  parsed: z.strictObject({ type: z.string(), data: z.json() }).optional(),
})
const golden = z.union([one.transform((only) => [only]), z.array(one)])

const files = readdirSync(directory).map((file) => ({
  file,
  events: golden.parse(JSON.parse(readFileSync(new URL(file, directory), 'utf8'))),
}))
const every: readonly (readonly [category: string, type: string, shapes: Shapes])[] = Object.entries(
  shapesByCategory,
).flatMap(([category, shapes]) => Object.keys(shapes).map((type) => [category, type, shapes] as const))

describe('events ever written', () => {
  for (const { file, events } of files) {
    it(`still parse: ${file}`, () => {
      expect(events).not.to.deep.equal([])
      for (const { event, parsed } of events) {
        const name = `${categoryOf(event.stream)}.${event.type}.v${event.meta.v}`
        expect(file).to.be.oneOf([`${name}.json`, `${name}.forms.json`, `${name}.sealed.json`])
        const { type, data } = event
        expect(parseAnyEvent({ ...event, data })).to.deep.equal(parsed ?? { type, data })
      }
    })
  }

  it('have a file for every shape', () => {
    const wanted = every.flatMap(([category, type, shapes]) =>
      Array.from({ length: currentShape(shapes, type) }, (_, n) => `${category}.${type}.v${n + 1}.json`),
    )
    expect(files.map(({ file }) => file)).to.include.members(wanted)
  })

  it('have an example of every form of every shape: what is not pinned could be dropped', () => {
    const missing = every.flatMap(([category, type, shapes]) => {
      const schema = shapes[type]?.schema
      const found = files
        .flatMap(({ events }) => events)
        .filter(({ event }) => categoryOf(event.stream) === category && event.type === type && event.data !== null)
        .flatMap(({ event, parsed }) => variantsIn(schema, (parsed ?? event).data))
      return variantsOf(schema).filter((form) => !found.includes(form)).map((form) => `${category}.${type} ${form}`)
    })
    expect(missing).to.deep.equal([])
  })

  it('with a checksum still hold, whole and erased', () => {
    const sealed = files.filter(({ file }) => file.endsWith('.sealed.json')).flatMap(({ events }) => events)
    expect(sealed.map(({ event: { id = '', ...event } }) => checkOf({ ...event, id, meta: event.meta }))).to.deep.equal([
      'holds',
      'holds',
    ])
  })
})

describe('shapes of events', () => {
  it('name no place by its position but for the two that always did: docs/decisions/0008', () => {
    const naming = every.filter(([, type, shapes]) => shapes[type]?.positions !== undefined).map(([, type]) => type)
    // A follower says of its own copies what a hub says of its messages: the same fact.
    expect([...new Set(naming)]).to.deep.equal(['QueuesAcknowledged', 'MessagesExpired'])
  })

  it('mark every field that names a place by its position in the log', () => {
    for (const [category, type, shapes] of every) {
      const { schema, positions = [] } = shapes[type]!
      expect(positions, `${category}.${type}`).to.deep.equal(pathsOf(position, schema))
    }
  })
})
