/** History for a new device: given by the one that let it in, after the person compared a code on both screens. */
import { fromBase64url } from '../../mls/bytes/base64url.js'
import type { ClientId } from '../../mls/wire/ids.js'
import { downloadFrom } from '../assets/download/attachmentsIn.js'
import { downloadAsset } from '../assets/download/downloadAsset.js'
import type { Download } from '../assets/download/fileAttachment.js'
import type { FileSource } from '../assets/upload/fileSource.js'
import { takeBack, uploadAsset } from '../assets/upload/uploadAsset.js'
import { isSameCode } from '../crypto/linkCode.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { Untrusted } from '../trust/untrusted.js'
import { openOffer, sealOffer } from './historyOffer.js'
import { linkFrom, linkTo } from './linked.js'

/** Nothing leaves this device before the newcomer is the one that the person holds. */
export const offerHistory = async (
  engine: Engine,
  newcomer: ClientId,
  { code, archive }: { readonly code: string; readonly archive: FileSource },
): Promise<void> => {
  const link = await linkTo(engine, newcomer)
  expectSame(code, link.code)
  const stored = await uploadAsset(engine, archive, { class: 'message' })
  try {
    await engine.api.account.offerHistory(randomId(), newcomer, await sealOffer(engine, link, stored))
  } catch (error) {
    // Nobody else knows what opens it.
    await takeBack(engine, stored.asset)
    throw error
  }
}

export type HistoryOffer = { readonly by: ClientId; /** base64url. */ readonly offer: string }

export const importHistory = async (engine: Engine, { by, offer }: HistoryOffer, code: string): Promise<Download> => {
  const link = await linkFrom(engine)
  if (by !== link.other) throw new Untrusted(`${by} did not let this client in`)
  expectSame(code, link.code)
  const archive = await openOffer(engine, link, fromBase64url(offer) ?? new Uint8Array())
  if (archive === undefined) throw new Untrusted('the offer is not by the client that let this one in')
  return downloadFrom(() => downloadAsset(engine, archive))
}

const expectSame = (typed: string, code: string): void => {
  if (!isSameCode(typed, code)) throw new Untrusted('the codes on the two screens are not the same')
}
