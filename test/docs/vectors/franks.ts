/** Vectors of franks: from a content to its tag, to what the hub makes of that, and what does not pass for either. */
import { newMessage, sealDraft } from '#src/client/content/newContent.js'
import { tagged, tagOf } from '#src/client/groups/franking.js'
import { franksBy } from '#src/events/frank.js'
import { fromBase64url } from '#src/mls/bytes/base64url.js'
import { makeId } from '#src/mls/wire/ids.js'
import { toHex } from './hex.js'
import { now, seededBytes } from './seededRandom.js'
import type { Town } from './town.js'

export const frankVectors = ({ domain, alice, carol }: Town) => {
  const group = makeId('group', domain, seededBytes('group of franks', 16))
  const salt = seededBytes('salt of a frank', 16)
  const content = sealDraft(newMessage('something to report'), { sender: alice.user, room: group, salt })
  const tag = tagOf(content)
  if (tag === undefined) throw new Error('a content without a salt')
  const keys = [1, 2].map((version) => ({
    version,
    key: seededBytes(`frank key ${version}`, 32),
    notBefore: version === 1 ? 0 : now,
  }))
  const said = { tag, sender: alice.user, group, at: now }
  const stamp = (of: Partial<typeof said>): string => toHex(fromBase64url(franksBy(keys).stamp({ ...said, ...of }))!)
  return {
    description:
      'A message with a tag beside it, and the franks of it by two keys (docs/wire.md, Reports), in hex. Only the homeserver has the keys: the franks are for whoever writes one. `others` are of other senders, groups and times, and hold for none but them.',
    group,
    sender: alice.user,
    at: now,
    content: toHex(content),
    salt: toHex(salt),
    tag: toHex(tag),
    authenticatedData: toHex(tagged(content)),
    keys: keys.map(({ version, key, notBefore }) => ({ version, key: toHex(key), notBefore })),
    frank: stamp({}),
    franks: [
      { at: now - 1, version: 1, frank: stamp({ at: now - 1 }) },
      { at: now, version: 2, frank: stamp({}) },
    ],
    others: [
      { sender: carol.user, frank: stamp({ sender: carol.user }) },
      {
        group: makeId('group', domain, seededBytes('another group', 16)),
        frank: stamp({ group: makeId('group', domain, seededBytes('another group', 16)) }),
      },
      { at: now + 1, frank: stamp({ at: now + 1 }) },
    ],
  }
}
