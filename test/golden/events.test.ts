import { readFileSync, readdirSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import { parseAnyEvent } from '#src/events/anyEvent.js'
import { clientIdShapes } from '#src/events/clientId.js'
import { signatureKeyShapes } from '#src/events/signatureKey.js'
import { contactsShapes } from '#src/events/contacts.js'
import { groupShapes } from '#src/events/group.js'
import { handleShapes } from '#src/events/handle.js'
import { keyPackagesShapes } from '#src/events/keyPackages.js'
import { messagesShapes } from '#src/events/messages.js'
import { metaSchema } from '#src/events/meta.js'
import { currentShape } from '#src/events/parser.js'
import { serverShapes } from '#src/events/server.js'
import type { Shapes } from '#src/events/parser.js'
import { userShapes } from '#src/events/user.js'

/**
 * Every event shape ever written still parses: one file per category, type and shape in test/golden/events, which is
 * never changed once it is released. `event` is as the log holds it, `parsed` what the parser makes of it today (left
 * out where that is the same data).
 */
const directory = new URL('./events/', import.meta.url)
const golden = z.strictObject({
  event: z.strictObject({ stream: z.string(), type: z.string(), data: z.json(), meta: metaSchema }),
  parsed: z.strictObject({ type: z.string(), data: z.json() }).optional(),
})

/** Aggregates whose shapes must all have a file. */
const covered: Readonly<Record<string, Shapes>> = {
  server: serverShapes,
  user: userShapes,
  handle: handleShapes,
  client: clientIdShapes,
  key: signatureKeyShapes,
  contacts: contactsShapes,
  keyPackages: keyPackagesShapes,
  group: groupShapes,
  messages: messagesShapes,
}

describe('events ever written', () => {
  const files = readdirSync(directory)

  for (const file of files) {
    it(`still parse: ${file}`, () => {
      const { event, parsed } = golden.parse(JSON.parse(readFileSync(new URL(file, directory), 'utf8')))
      expect(file).to.equal(`${event.stream.split('-')[0]!}.${event.type}.v${event.meta.v}.json`)
      const { type, data } = event
      expect(parseAnyEvent({ ...event, data: data })).to.deep.equal(parsed ?? { type, data })
    })
  }

  it('have a file for every shape', () => {
    const wanted = Object.entries(covered).flatMap(([category, shapes]) =>
      Object.keys(shapes).flatMap((type) =>
        Array.from({ length: currentShape(shapes, type) }, (_, n) => `${category}.${type}.v${n + 1}.json`),
      ),
    )
    expect(files).to.include.members(wanted)
  })
})
