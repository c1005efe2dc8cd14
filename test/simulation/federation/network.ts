/** A network that drops, repeats, delays, reorders and parts, by chance; and what was ever put on it. */
import { createHash } from 'node:crypto'
import type { Item, Notified, Notify } from '#src/federation/item.js'
import { decodeItems, encodeItems } from '#src/federation/numbered.js'
import { lastNumberOf } from '#src/federation/record/gaps.js'
import type { Domain, GroupId } from '#src/mls/wire/ids.js'
import { domainOf } from '#src/mls/wire/ids.js'
import { accepted } from '../../mls/vectors.js'
import type { Chance } from './random.js'

/** What a request is: bytes, and the number of the first item. */
export type Delivery = {
  readonly peer: Domain
  readonly group: GroupId
  readonly first: number
  readonly body: Uint8Array
}
export const itemsOf = ({ first, body }: Delivery): readonly Item[] => accepted(decodeItems(first, body))
export type Take = (delivery: Delivery) => Promise<Notified>
/** What was sent under a number. */
export type Sent = { readonly kind: Item['kind']; readonly hash: string; readonly event: string | undefined }

export type Network = {
  readonly notify: Notify
  /** Something that was held back arrives now, or nothing was. */
  readonly late: () => Promise<void>
  readonly part: (one: Domain, other: Domain) => void
  /** All can reach each other again. */
  readonly join: () => void
  /** …and nothing is lost any more. */
  readonly heal: () => void
  /** By `peer group`, then by number. */
  readonly sent: ReadonlyMap<string, ReadonlyMap<number, Sent>>
  readonly faults: readonly string[]
}

export const openNetwork = (chance: Chance, take: Take): Network => {
  const held: Delivery[] = []
  const parted = new Set<string>()
  const sent = new Map<string, Map<number, Sent>>()
  const faults: string[] = []
  let isSound = false

  const write = (delivery: Delivery): void => {
    const { peer, group } = delivery
    const known = sent.get(`${peer} ${group}`) ?? new Map<number, Sent>()
    sent.set(`${peer} ${group}`, known)
    for (const item of itemsOf(delivery)) {
      const now = {
        kind: item.kind,
        hash: createHash('sha256').update(item.bytes).digest('hex'),
        event: item.events[0],
      }
      const before = known.get(item.sequence)
      // What fell out has a gap in its place; whatever else a number was, it stays.
      if (before !== undefined && before.hash !== now.hash && before.kind !== 'gap' && now.kind !== 'gap') {
        faults.push(`${group} to ${peer}: number ${item.sequence} was two items`)
      }
      known.set(item.sequence, now)
    }
  }

  /** Only the first number is on the wire. */
  const inOrder = (group: GroupId, items: readonly Item[]): void => {
    let next = items[0]?.sequence ?? 0
    for (const item of items) {
      if (item.sequence !== next) faults.push(`${group}: ${item.sequence} follows on ${next - 1} in one request`)
      next = lastNumberOf(item) + 1
    }
  }

  const notify: Notify = async (peer, group, items) => {
    inOrder(group, items)
    const delivery = { peer, group, first: items[0]?.sequence ?? 0, body: encodeItems(items) }
    write(delivery)
    const away = parted.has(`${domainOf(group)} ${peer}`)
    if (away || (!isSound && chance.percent(10))) throw new Error('the request was lost')
    if (!isSound && chance.percent(10)) held.push(delivery)
    const answer = await take(delivery)
    if (!isSound && chance.percent(5)) await take(delivery)
    if (!isSound && chance.percent(10)) throw new Error('the answer was lost')
    return answer
  }

  return {
    notify,
    late: async () => {
      const [delivery] = held.splice(chance.below(Math.max(1, held.length)), 1)
      if (delivery !== undefined) await take(delivery).catch(() => undefined)
    },
    part: (one, other) => parted.add(`${one} ${other}`).add(`${other} ${one}`),
    join: () => {
      parted.clear()
    },
    heal: () => {
      parted.clear()
      isSound = true
    },
    sent,
    faults,
  }
}
