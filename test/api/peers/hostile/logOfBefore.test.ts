/**
 * Another server's group stands under its random part alone in a log of before homes stood in names (docs/decisions/0028). Under
 * the name that a group of ours would have by that part there is none: not for a peer, not for operators.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { openEmbeddedEventStore } from '#src/adapters/embedded/log/eventStore.js'
import { saltBytes, sealedMeta } from '#src/events/form/checksum.js'
import { decodeBody } from '#src/federation/wire/body.js'
import { groupInfoResponse } from '#src/federation/wire/groupInfo.js'
import { localPart } from '#src/mls/wire/ids.js'
import { composeServer } from '../../../compose/composedServer.js'
import type { ComposedServer } from '../../../compose/composedServer.js'
import { operator } from '../../../faults/house.js'
import { followerDomain, hubDomain } from '../twoServers.js'
import { askEndpoint } from './endpoints.js'
import { goodBodies, openTown, sharedBy } from './town.js'
import type { SharedGroup, Town } from './town.js'

describe('another server’s group in a log of before', () => {
  let town: Town
  let target: ComposedServer
  let theirs: SharedGroup
  let asOurs: string

  before(async () => {
    town = await openTown()
    theirs = await sharedBy(town.hostile, town.target)
    const bare = localPart(theirs.group)
    asOurs = `mimi://${hubDomain}/g/${bare}`
    await town.target.close()
    const log = await openEmbeddedEventStore({ directory: town.street.dataDirOf(hubDomain) })
    const stream = `group-${bare}`
    const events = await log.readStream(`${stream}@${followerDomain}`)
    const before = events.map(({ type, data, meta: { v, at, command, bodyHash } }) => {
      const event = { id: randomUUID(), type, data, meta: { v, at, command, bodyHash } }
      return { ...event, meta: sealedMeta({ stream, ...event }, randomBytes(saltBytes)) }
    })
    await log.append(stream, before, 'none')
    await log.close()
    target = await composeServer(town.street.settingsOf(hubDomain))
  })
  after(async () => {
    await target.close()
    await town.close()
  })

  const asked = (method: string, path: string, json?: object) =>
    target.ask(operator, method, path, json === undefined ? {} : { json })

  it('is where it was, under its own name', async () => {
    const { status, body } = await asked('GET', asOf(theirs.group))
    expect([status, body['status']]).to.deep.equal([200, 'active'])
  })
  const asOf = (group: string): string =>
    `/v1/audit/asOf/${new Date(target.clock.now()).toISOString()}/groups/${encodeURIComponent(group)}`

  it('is not shown of any moment under one of ours', async () => {
    const { status, body } = await asked('GET', asOf(asOurs))
    expect([status, body['status']]).to.deep.equal([200, 'none'])
  })

  it('is not there to be ended under one of ours', async () => {
    const { status, body } = await asked('DELETE', `/v1/operator/groups/${encodeURIComponent(asOurs)}`, { why: 'x' })
    expect([status, body['code']]).to.deep.equal([404, 'no-such-group'])
  })

  it('is given to no peer under one of ours', async () => {
    const { group, owner, guest, ofOwner } = theirs
    const [, , , request = new Uint8Array()] = await goodBodies({ group, guest: owner, ofGuest: ofOwner }, guest)
    const asking = { parameters: { roomId: asOurs }, body: request, contentType: 'message/mls' }
    const endpoint = { name: 'groupInfo', method: 'POST' } as const
    const { status, text } = await askEndpoint(town.asHostile, hubDomain, endpoint, asking)
    const response = decodeBody(groupInfoResponse, new Uint8Array(Buffer.from(text, 'latin1')))
    expect([status, response.ok && response.value.code]).to.deep.equal([200, 'noSuchRoom'])
  })
})
