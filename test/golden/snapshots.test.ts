/**
 * A snapshot is read by later code of the same version, so what a version writes never changes: test/golden/snapshots has
 * a file for each aggregate that makes snapshots and each version, never changed once it is released. When a state has
 * changed, give the aggregate another version and run this test with GOLDEN=write, which writes what is not there.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { z } from 'zod'
import { userAggregate } from '#src/commands/account/user.js'
import { handleAggregate } from '#src/commands/account/handleReservation.js'
import { clientIdAggregate, signatureKeyAggregate } from '#src/commands/account/taken.js'
import { assetAggregate } from '#src/commands/asset/asset.js'
import { digestAggregate } from '#src/commands/asset/takedown.js'
import { contactsAggregate } from '#src/commands/contacts/contacts.js'
import { copiesAggregate } from '#src/commands/group/followed/copies.js'
import { invitationAggregate } from '#src/commands/account/invitation.js'
import { groupAggregate } from '#src/commands/group/group.js'
import { keyPackagesAggregate } from '#src/commands/keyPackages/keyPackages.js'
import { operatorsAggregate } from '#src/commands/operators/operators.js'
import { pushAggregate } from '#src/commands/push/push.js'
import { queueAggregate } from '#src/commands/queue/queue.js'
import { reportAggregate } from '#src/commands/report/report.js'
import { policyAggregate } from '#src/commands/policy/policy.js'
import { userInvitationsAggregate } from '#src/commands/account/userInvitations.js'
import { serverAggregate } from '#src/commands/server/server.js'
import { shapesByCategory } from '#src/events/anyEvent.js'
import { metaSchema } from '#src/events/form/meta.js'
import { fromBase64url, toBase64url } from '#src/mls/bytes/base64url.js'
import { origin } from '#src/ports/position.js'
import type { Aggregate, Fact } from '#src/streams/decider.js'
import { readSnapshot, writeSnapshot } from '#src/streams/foldSnapshot.js'

const aggregates: readonly Aggregate<never, never>[] = [
  serverAggregate as never,
  operatorsAggregate as never,
  handleAggregate as never,
  invitationAggregate as never,
  clientIdAggregate as never,
  signatureKeyAggregate as never,
  userAggregate as never,
  contactsAggregate as never,
  keyPackagesAggregate as never,
  pushAggregate as never,
  queueAggregate as never,
  groupAggregate as never,
  copiesAggregate as never,
  assetAggregate as never,
  digestAggregate as never,
  reportAggregate as never,
  policyAggregate as never,
  userInvitationsAggregate as never,
]
/** Categories that nobody folds. */
const unfolded = ['acknowledgements', 'messages', 'peer']

const event = z.object({ type: z.string(), data: z.json(), meta: metaSchema })
type Event = z.infer<typeof event>
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
const eventIn = (file: string): Event => event.parse((read(`./events/${file}.json`) as { event: unknown }).event)
const eventOf = (file: string): Event => eventIn(`${file}.v1`)

/** Histories by aggregate: between them they lead through every kind of state. */
const histories = (name: string): readonly (readonly Event[])[] => {
  if (name === 'group') {
    const { events } = z.object({ events: z.array(event) }).parse(read('./groupHistory.json'))
    const until = (n: number): readonly Event[] => events.slice(0, n)
    const ended = (type: string): readonly Event[] => [...events, eventOf(`group.${type}`)]
    return [[], until(1), until(2), until(4), until(7), events, ended('GroupReset'), ended('GroupDeleted')]
  }
  if (name === 'operators') {
    const types = [
      'OperatorTokenIssued.v1',
      'OperatorActed.v1',
      'OperatorTokenIssued.v2',
      'OperatorTokenRevoked.v1',
      'RegistrationChanged.v1',
    ]
    const invited = event.parse(
      (read('./events/operators.OperatorActed.v1.forms.json') as readonly { event: { data: { what: { type: string } } } }[])
        .map((one) => one.event)
        .find(({ data }) => data.what.type === 'makeInvitation'),
    )
    const all = [...types.map((type) => eventIn(`operators.${type}`)), invited]
    return all.map((_, n) => all.slice(0, n + 1))
  }
  const events = ['KeyPackagesPublished', 'KeyPackageClaimed', 'KeyPackagesDeleted', 'StockClosed']
  return [0, 1, 2, 3, 4].map((n) => events.slice(0, n).map((type) => eventOf(`keyPackages.${type}`)))
}

const fold = <State>(aggregate: Aggregate<State, Fact>, events: readonly Event[]): State =>
  events.reduce((state, one, revision) => {
    const parsed = aggregate.parse(one)
    return parsed.type === 'Erased' ? state : aggregate.evolve(state, parsed, { revision, at: one.meta.at })
  }, aggregate.initial)

describe('snapshots ever written', () => {
  it('are those of the aggregates here', () => {
    const names = [...aggregates.map(({ name }) => name), ...unfolded]
    expect(names.sort()).to.deep.equal(Object.keys(shapesByCategory).sort())
    const making = aggregates.filter(({ snapshot }) => snapshot !== undefined).map(({ name }) => name)
    expect(making).to.deep.equal(['operators', 'keyPackages', 'group'])
  })

  for (const { name, snapshot, ...rest } of aggregates as unknown as readonly Aggregate<unknown, Fact>[]) {
    if (snapshot === undefined) continue
    const file = new URL(`./snapshots/${name}.v${snapshot.version}.json`, import.meta.url)

    it(`are written the same by ${name}, version ${snapshot.version}, and read the same`, () => {
      const written = histories(name).map((events) => snapshot.write(fold({ name, snapshot, ...rest }, events)))
      if (!existsSync(file) && process.env['GOLDEN'] === 'write') {
        const text = `${JSON.stringify(written.map(toBase64url), null, 2)}\n`
        writeFileSync(file, text)
        writeFileSync(new URL(`../../../../test/golden/snapshots/${name}.v${snapshot.version}.json`, import.meta.url), text)
      }
      const golden = z.array(z.string()).parse(JSON.parse(readFileSync(file, 'utf8')))
      expect(written.map(toBase64url)).to.deep.equal(golden)
      for (const text of golden) expect(toBase64url(snapshot.write(snapshot.read(fromBase64url(text)!)))).to.equal(text)
    })
  }

  it('carry the commands of the last day in the same bytes', () => {
    const codec = {
      version: 1,
      write: (sum: number) => new TextEncoder().encode(String(sum)),
      read: (bytes: Uint8Array) => Number(new TextDecoder().decode(bytes)),
    }
    const commands = new Map([['c', { bodyHash: 'b', at: 5, revision: 2, count: 1 }]])
    const { bytes } = writeSnapshot(codec, 's', { state: 7, revision: 2, position: origin, commands })
    const header = '{"position":0,"commands":[["c",{"bodyHash":"b","at":5,"revision":2,"count":1}]]}'
    expect(Buffer.from(bytes).toString('latin1')).to.equal(`\0\0\0${String.fromCharCode(header.length)}${header}7`)
    const again = readSnapshot(codec, { stream: 's', revision: 2, version: 1, bytes })
    expect(again).to.deep.equal({ state: 7, revision: 2, position: origin, commands })
  })
})
