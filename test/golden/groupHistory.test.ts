/** A group's stream as it was once written folds to the tree it then had, whatever has become of the code. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import { groupAggregate } from '#src/commands/group/group.js'
import type { Group } from '#src/commands/group/fold/state.js'
import { parseGroupEvent } from '#src/events/group.js'
import { metaSchema } from '#src/events/form/meta.js'
import { toBase64url } from '#src/mls/bytes/base64url.js'

const history = z.strictObject({
  events: z.array(z.strictObject({ type: z.string(), data: z.json(), meta: metaSchema })),
  epoch: z.string(),
  treeHash: z.string(),
  confirmedTranscriptHash: z.string(),
})

describe('a group’s history ever written', () => {
  it('still folds to the same tree and transcript', () => {
    const file = readFileSync(new URL('./groupHistory.json', import.meta.url), 'utf8')
    const { events, ...expected } = history.parse(JSON.parse(file))
    const state = events.reduce<Group>((folded, event, revision) => {
      const parsed = parseGroupEvent(event)
      if (parsed.type === 'Erased') throw new Error('erased')
      return groupAggregate.evolve(folded, parsed, { revision, at: event.meta.at })
    }, groupAggregate.initial)
    if (state.status !== 'active') throw new Error(state.status)
    expect({
      epoch: String(state.mls.epoch),
      treeHash: toBase64url(state.mls.treeHash),
      confirmedTranscriptHash: toBase64url(state.mls.confirmedTranscriptHash),
    }).to.deep.equal(expected)
  })
})
