/** Items of the direct queue: what happened to the account, and who wants to be in touch. */
import type { AccountNotice } from '../../items/queueItem.js'
import { fromBase64url } from '../../mls/bytes/base64url.js'
import { parseClientId } from '../../mls/wire/ids.js'
import type { UserId } from '../../mls/wire/ids.js'
import type { Engine } from '../engine/engine.js'
import type { SavedEvent } from '../engine/savedEvent.js'
import type { Effect, Item } from '../groups/receive.js'
import { openLetter, userIn } from './contactSecrecy.js'

const nothing: Effect = () => undefined

/** A notice as a server claims it: the fields are the schema's, what stands in them is not believed. */
type Claimed<Kind extends AccountNotice['kind']> = {
  readonly [Field in keyof Extract<AccountNotice, { kind: Kind }>]?: unknown
}

/** Kinds that this version does not know are passed over. */
export const receiveAccountNotice = async (engine: Engine, item: Item): Promise<Effect> => {
  const kind = item['kind']
  return isKnown(kind) ? effects[kind](engine, item) : nothing
}

const isKnown = (kind: unknown): kind is AccountNotice['kind'] =>
  typeof kind === 'string' && Object.hasOwn(effects, kind)

/** What each kind of notice comes to: one that the server's list has and this one forgets does not compile. */
const effects: {
  readonly [Kind in AccountNotice['kind']]: (engine: Engine, notice: Claimed<Kind>) => Effect | Promise<Effect>
} = {
  clientAdded: (engine, notice) => {
    const client = parseClientId(String(notice.client))
    const approvedBy = parseClientId(String(notice.approvedBy))
    if (client === undefined || approvedBy === undefined) return nothing
    return pushing(engine, { type: 'clientAdded', client, approvedBy })
  },
  clientRemoved: (engine, notice) => {
    const client = parseClientId(String(notice.client))
    return client === undefined ? nothing : pushing(engine, { type: 'clientRemoved', client })
  },
  historyOffered: (engine, notice) => {
    const by = parseClientId(String(notice.by))
    return by === undefined ? nothing : pushing(engine, { type: 'historyOffered', by, offer: String(notice.offer) })
  },
  recoveryKeySet: (engine, notice) => {
    const by = parseClientId(String(notice.by))
    return by === undefined ? nothing : pushing(engine, { type: 'recoveryKeySet', by })
  },
  recoveryKeyUsed: (engine, notice) => {
    const client = parseClientId(String(notice.client))
    return client === undefined ? nothing : pushing(engine, { type: 'recoveryKeyUsed', client })
  },
  userProfileChanged: (engine) => pushing(engine, { type: 'userProfileChanged', user: engine.account.user }),
  keyPackagesLow: (engine) => () => {
    engine.replenishSoon()
  },
  lastResortUsed: (engine) => () => {
    engine.replenishSoon('lastResortUsed')
  },
  connectionRequest: async (engine, notice) => {
    const { request, from } = contactIn(notice)
    if (from === undefined) return nothing
    const text = await letterIn(engine, from, notice.ciphertext)
    return pushing(engine, { type: 'request', request, from, text })
  },
  connectionAccepted: async (engine, notice) => {
    const { request, from } = contactIn(notice)
    if (from === undefined) return nothing
    const text = await letterIn(engine, from, notice.ciphertext)
    return pushing(engine, { type: 'requestAccepted', request, by: from, text })
  },
  connectionRejected: (engine, notice) => {
    const { request, from } = contactIn(notice)
    return from === undefined ? nothing : pushing(engine, { type: 'requestRejected', request, by: from })
  },
}

const pushing =
  ({ inbox }: Engine, event: SavedEvent): Effect =>
  () => {
    inbox.push(event)
  }

const contactIn = (notice: Claimed<'connectionRejected'>) => ({
  request: String(notice.request),
  from: userIn(notice.from),
})

/** Empty when there is none, or when it cannot be opened. */
const letterIn = async (engine: Engine, from: UserId, ciphertext: unknown): Promise<string> => {
  const bytes = typeof ciphertext === 'string' ? fromBase64url(ciphertext) : undefined
  return bytes === undefined ? '' : ((await openLetter(engine, from, bytes)) ?? '')
}
