/** Connection requests that wait for this user's answer, and the answer yes. */
import type { UserId } from '../../mls/wire/ids.js'
import { randomId } from '../crypto/random.js'
import type { Engine } from '../engine/engine.js'
import { bytesIn } from '../api/bytesIn.js'
import { openLetter, sealLetter } from './contactSecrecy.js'

export type OpenRequest = {
  readonly request: string
  readonly from: UserId
  /** Empty when it was not written for this client, which may have come later. */
  readonly text: string
  /** When it was made, in ms. */
  readonly at: number
}

export const openRequests = async (engine: Engine): Promise<readonly OpenRequest[]> => {
  const found: OpenRequest[] = []
  for (const { request, from, ciphertext, at } of await engine.api.contacts.requests())
    found.push({ request, from, text: (await openLetter(engine, from, bytesIn(ciphertext))) ?? '', at })
  await engine.saver.flush()
  return found
}

/** The text, if any, is sealed to whoever asked, and so is what opens the profile of who answers. */
export const acceptRequest = async (engine: Engine, request: string, text: string | undefined): Promise<void> => {
  const { api, profiles, account } = engine
  const says = text !== undefined || profiles.of(account.user) !== undefined
  const asked = says ? (await api.contacts.requests()).find((open) => open.request === request) : undefined
  const letter = asked === undefined ? undefined : await sealLetter(engine, asked.from, text ?? '')
  await api.contacts.accept(randomId(), request, letter)
}
