/** Random histories of groups and queues that follow the rules, and items named so that each is told from every other. */
import { groupStream } from '#src/events/group.js'
import type { GroupId, QueueId } from '#src/mls/wire/ids.js'
import { groupNumber, inShort, leaf, occupant, openSealed, queueNumber } from '../projections/queues/world.js'
import type { World } from '../projections/queues/world.js'
import type { Seeded } from '../ports/seeded.js'

export const queues = [1, 2, 3].map(queueNumber)
export const groups = [1, 2].map(groupNumber)

export type Writing = { readonly world: World; readonly random: Seeded }

/** Unique in a run: notices look alike. */
export const named = (bytes: Uint8Array): string => {
  const text = inShort(bytes)
  const { position } = JSON.parse(Buffer.from(bytes).toString()) as { readonly position: string }
  return text.startsWith('notice') ? `${text}@${position}` : text
}

/** Writes history that follows the rules: commits count epochs, leaves come and go, queues move, messages come late. */
export const makeHistory = ({ world, random }: Writing): (() => Promise<void>) => {
  type Seats = Map<number, QueueId>
  const epochs = new Map<GroupId, number>(groups.map((group) => [group, 0]))
  const seats = new Map<GroupId, Seats>(groups.map((group) => [group, new Map([[0, queues[0]!]])]))
  const required = new Map<GroupId, Set<number>>(groups.map((group) => [group, new Set()]))
  let said = 0
  let committed = 0
  return async () => {
    const group = random.pick(groups)
    const epoch = epochs.get(group) ?? 0
    const own = seats.get(group) ?? new Map<number, QueueId>()
    const due = required.get(group) ?? new Set<number>()
    const kind = random.integer(10)
    if (kind < 5) {
      const at = Math.max(0, epoch - random.integer(3))
      if (kind === 0) await world.messageTo(group, at, [random.integer(4), 4 + random.integer(2)], `t${said++}`)
      else await world.message(group, at, `m${said++}`)
      return
    }
    const others = [...own.keys()].filter((at) => at !== 0 && !due.has(at))
    if (kind === 5 && others.length > 0) {
      const at = random.pick(others)
      due.add(at)
      const leaves = [occupant(at)]
      await world.append(groupStream(group), { type: 'RemovalRequired', data: { group, leaves, reason: 'inactive' } })
      return
    }
    const removed = [...due]
    due.clear()
    if (kind === 6 && others.length > 0) removed.push(random.pick(others))
    for (const at of removed) own.delete(at)
    const updated =
      kind === 7 && own.size > 1
        ? [leaf(random.pick([...own.keys()].filter((at) => at !== 0)), random.pick(queues))]
        : []
    for (const { leafIndex, queue } of updated) own.set(leafIndex, openSealed(queue)!)
    const added: (ReturnType<typeof leaf> & { readonly keyPackageRef?: string })[] = []
    for (let at = 1; kind >= 8 && at < 4 && added.length < 2; at++) {
      if (own.has(at)) continue
      const queue = random.pick(queues)
      own.set(at, queue)
      const external = kind === 9
      added.push({ ...leaf(at, queue), ...(external ? {} : { keyPackageRef: `${committed}-${at}` }) })
      if (external) break
    }
    epochs.set(group, epoch + 1)
    const external = kind === 9 && added.length > 0
    const committer = external ? occupant(added[0]!.leafIndex) : occupant(0)
    const commit = Buffer.from(`c${committed++}`).toString('base64url')
    const base = { commit, committer, external, removed: removed.map(occupant), updated }
    await world.commit(group, epoch + 1, added.length === 0 ? base : { ...base, added })
  }
}
