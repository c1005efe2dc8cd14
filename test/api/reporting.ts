/** What it takes to report: messages with a tag beside them, as queues show them, and reports of them. */
import { createHmac } from 'node:crypto'
import { toBase64url } from '#src/mls/bytes/base64url.js'
import { authenticatedDataWith } from '#src/mls/wire/frankingTag.js'
import type { GroupId, UserId } from '#src/mls/wire/ids.js'
import { groupIdBytes } from '#src/mls/wire/ids.js'
import { encodeMlsMessage } from '#src/mls/wire/mlsMessage.js'
import { random } from '../commands/mlsFixture.js'
import type { Bearer, RealHouse, Resident, ServedHere } from '../faults/house.js'
import { at } from './groupPeople.js'

export type Said = { readonly content: Uint8Array; readonly salt: Uint8Array; readonly tag: Uint8Array }

export const saying = (text: string): Said => {
  const salt = random(16)
  const content = Buffer.concat([Buffer.from([0x87, 0x50]), salt, Buffer.from(text)])
  return { content, salt, tag: tagOf(salt, content) }
}

export const tagOf = (salt: Uint8Array, content: Uint8Array): Uint8Array =>
  createHmac('sha256', salt).update(content).digest()

/** An application message as far as a server can tell; without a tag as others send it. */
export const messageWith = (group: GroupId, epoch: bigint, tag?: Uint8Array): Uint8Array =>
  encodeMlsMessage({
    wireFormat: 'privateMessage',
    privateMessage: {
      groupId: groupIdBytes(group),
      epoch,
      contentType: 'application',
      authenticatedData: tag === undefined ? new Uint8Array() : authenticatedDataWith(tag),
      encryptedSenderData: random(28),
      ciphertext: random(200),
    },
  })

type Shown = { readonly at: number; readonly frank?: string }
type House = Pick<RealHouse<ServedHere>, 'ask' | 'head'>

/** Sends it, and answers it as a member's queue shows it. */
export const sentBy = async (
  house: House,
  sender: Bearer,
  {
    group,
    epoch,
    said,
    to,
  }: { group: GroupId; epoch: bigint; said?: Said; to: Pick<Resident, 'queue' | 'queueToken'> },
): Promise<Shown> => {
  const message = messageWith(group, epoch, said?.tag)
  const sent = await house.ask(sender, 'POST', at(group, '/messages'), { mls: message })
  if (sent.status !== 201) throw new Error(JSON.stringify(sent.body))
  const path = `/v1/queues/${encodeURIComponent(to.queue)}/items?limit=500&atLeast=${String(sent.body['position'])}`
  const { body } = await house.ask({ token: to.queueToken }, 'GET', path)
  const items = body['items'] as readonly (Shown & { readonly message?: string })[]
  const shown = items.find((item) => item.message === toBase64url(message))
  if (shown === undefined) throw new Error(`not shown: ${JSON.stringify(body)}`)
  return shown
}

export type Complaint = {
  readonly group: GroupId
  readonly accused: UserId
  readonly at: number
  readonly content: string
  readonly salt: string
  readonly tag: string
  readonly frank: string
  readonly category: string
  readonly note?: string
}

export const complaintOf = (
  { content, salt, tag }: Said,
  { at: accepted, frank }: Shown,
  { group, accused }: { readonly group: GroupId; readonly accused: UserId },
): Complaint => ({
  group,
  accused,
  at: accepted,
  content: toBase64url(content),
  salt: toBase64url(salt),
  tag: toBase64url(tag),
  frank: frank ?? '',
  category: 'harassment',
})
