/** What waits in a queue is counted alike in every store: messages, invitations, everything else, and how much there is. */
import { expect } from 'chai'
import { contactsStream } from '#src/events/contacts.js'
import { messagesStream } from '#src/events/messages.js'
import { userStream } from '#src/events/user.js'
import { waitingIn } from '#src/items/waiting.js'
import type { Waiting } from '#src/items/waiting.js'
import type { QueueId } from '#src/mls/wire/ids.js'
import { toPosition } from '#src/ports/position.js'
import type { Position } from '#src/ports/position.js'
import type { ReadModels } from '#src/ports/readModels.js'
import { clientNumber, groupNumber, leaf, makeWorld, queueNumber, userNumber } from './world.js'
import type { World } from './world.js'

const [ana, ben] = [queueNumber(1), queueNumber(2)]
const group = groupNumber(1)

type Counted = Waiting & { readonly items: number; readonly more: boolean }
type Opened = { readonly readModels: Pick<ReadModels, 'open'>; readonly close: () => Promise<void> }

export const waitingContract = (adapter: string, open: () => Promise<Opened>): void => {
  describe(`what waits in a queue, counted from ${adapter}`, () => {
    let opened: Opened
    let world: World

    beforeEach(async () => {
      opened = await open()
      world = await makeWorld({ readModels: opened.readModels, limits: { queueMessagesMax: 5 } })
      await world.createQueue(ana)
      await world.createQueue(ben)
      await world.createGroup(group, ana)
      await world.commit(group, 1, { added: [{ ...leaf(1, ben), keyPackageRef: 'ref' }] })
    })
    afterEach(() => opened.close())

    const say = (text: string, at: number, urgency?: 'urgent' | 'silent', targets?: number[]): Promise<Position> =>
      world.append(
        messagesStream(group),
        {
          type: 'MessageAccepted',
          data: {
            group,
            epoch: '1',
            message: Buffer.from(text).toString('base64url'),
            ...(urgency === undefined ? {} : { urgency }),
            ...(targets === undefined ? {} : { targets }),
          },
        },
        { at },
      )

    const counted = async (queue: QueueId, after = toPosition(0), limit = 100): Promise<Counted> => {
      while ((await world.project()) > 0);
      const row = (await world.view.queue(queue))!
      const { frames, more } = await world.view.page(row, { after, limit, bytesMax: 1e6, capped: true, now: 2_000 })
      return { items: frames.length, ...waitingIn(frames), more }
    }

    it('is messages and invitations, with the age of the oldest message', async () => {
      await say('one', 1_500)
      await say('two', 1_600, 'urgent')
      expect(await counted(ben)).to.deep.equal({ items: 3, unread: 2, invitations: 1, oldest: 1_500, more: false })
    })

    it('is nothing unread where only Commits wait', async () => {
      await world.commit(group, 2)
      expect(await counted(ana)).to.deep.equal({
        items: 2,
        unread: 0,
        invitations: 0,
        oldest: undefined,
        more: false,
      })
    })

    it('leaves out what was sent silently, and what is for others', async () => {
      await say('a reaction', 1_500, 'silent')
      await say('for ana, silently', 1_550, 'silent', [0])
      await say('for ana', 1_600, undefined, [0])
      await say('for ben', 1_700, undefined, [1])
      expect(await counted(ana)).to.include({ items: 4, unread: 1, oldest: 1_600 })
      expect(await counted(ben)).to.include({ items: 3, unread: 1, oldest: 1_700 })
    })

    it('counts behind what was acknowledged, up to a limit that it tells of', async () => {
      const first = await say('one', 1_500)
      for (const at of [1_600, 1_700, 1_800]) await say('more', at)
      expect(await counted(ana, first)).to.include({ items: 3, unread: 3, oldest: 1_600, more: false })
      expect(await counted(ana, first, 2)).to.include({ items: 2, unread: 2, more: true })
    })

    it('counts what fell out as one item that nobody can read any more', async () => {
      for (let at = 1_500; at < 1_508; at++) await say('many', at)
      // The Commit, the gap, and as many messages as the queue holds.
      expect(await counted(ana)).to.include({ items: 7, unread: 5, oldest: 1_503 })
    })

    it('is connection requests, where the queue is a client’s own, and not what follows from them', async () => {
      const [user, client, directQueue] = [userNumber(9), clientNumber(9), queueNumber(9)]
      const key = { algorithm: 'Ed25519' as const, signatureKey: 'k', certificate: 'AAAA', issuer: 'AAAA', serial: 's' }
      const first = { client, directQueue, key: { ...key, notAfter: 0 } }
      const account = { user, handle: 'AAAA', handleHash: 'h', first, discovery: 'exact', claims: 'anyone' } as const
      await world.append(userStream(user), { type: 'UserRegistered', data: account })
      const other = userNumber(8)
      const asked = { user, from: other, request: 'r', ciphertext: 'AAAA' }
      await world.append(contactsStream(user), { type: 'ConnectionRequested', data: asked })
      await world.append(contactsStream(other), {
        type: 'ConnectionAccepted',
        data: { user: other, from: user, request: 'r' },
      })
      expect(await counted(directQueue)).to.include({ items: 2, unread: 0, invitations: 1 })
    })
  })
}
