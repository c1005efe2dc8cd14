/** Signals of one's own, and those of others as they come: told at once, kept nowhere, missed without a word. */
import { decodeSignal, signalNonceBytes } from '../../../mls/wire/signal.js'
import { type GroupId, groupIdFromBytes } from '../../../mls/wire/ids.js'
import { keepNewest } from '../../../structures/newest.js'
import { bytesIn } from '../../api/bytesIn.js'
import { decodeSignalContent, encodeSignalContent, type SignalContent } from '../../content/signalContent.js'
import { randomBytes } from '../../crypto/random.js'
import type { Engine } from '../../engine/engine.js'
import { openSignal, sealSignal } from '../../member/signal.js'
import { activeRecord } from '../commit.js'
import { asMember } from '../members.js'

/** Asked once: what is refused or not answered is not worth trying again. */
export const signal = async (engine: Engine, group: GroupId, content: SignalContent): Promise<void> => {
  const { state } = activeRecord(engine, group)
  const sealed = await sealSignal(state, encodeSignalContent(content), randomBytes(signalNonceBytes))
  await engine.api.groups.signal(group, sealed)
}

/** Larger than any server lets through by default. */
const bytesMax = 64 * 1024
/** Opened at a time; a flood beyond that is let go. */
const openingMax = 32
/** Nonces remembered, so that nobody plays a signal again. */
const seenMax = 4_096

/** Takes what a frame brought. Never throws. */
export const signalsTo = (engine: Engine): ((signalled: unknown) => void) => {
  const seen = keepNewest<string, true>(seenMax)
  let opening = 0

  const receive = async (signalled: unknown): Promise<void> => {
    const decoded = decodeSignal(bytesIn(signalled), bytesMax)
    const group = decoded.ok ? groupIdFromBytes(decoded.value.groupId) : undefined
    const state = group === undefined ? undefined : engine.groups.get(group)?.state
    if (!decoded.ok || group === undefined || state === undefined) return
    const opened = await openSignal(state, decoded.value)
    const content = opened === undefined ? undefined : decodeSignalContent(opened.plaintext)
    const [from] = opened === undefined ? [] : asMember(opened.sender)
    const name = `${decoded.value.leafIndex} ${decoded.value.nonce.join()}`
    if (content === undefined || from === undefined || seen.has(name)) return
    seen.set(name, true)
    engine.inbox.pass({ type: 'signal', group, from, ...content })
  }

  return (signalled) => {
    if (opening >= openingMax) return
    opening++
    receive(signalled)
      .catch(() => undefined)
      .finally(() => opening--)
  }
}
