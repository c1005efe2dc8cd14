/** Saved events as the application gets them: messages are read, and can be replied to. */
import { fromBase64url } from '../mls/bytes/base64url.js'
import type { GroupId } from '../mls/wire/ids.js'
import { attachmentsIn } from './assets/download/attachmentsIn.js'
import { type Member, type Message, readMessage } from './content/message.js'
import type { Engine } from './engine/engine.js'
import type { SavedEvent, SavedMessage, WaitingEvent } from './engine/savedEvent.js'
import type { ClientEvent, MessageEvent } from './events.js'
import { report } from './groups/report.js'
import { talkIn } from './groups/sending/talk.js'

export const told = (engine: Engine, event: WaitingEvent): ClientEvent => {
  if (event.type === 'message') return answerable(engine, event)
  const { user, client } = engine.account
  const from = { user, client }
  if (event.type === 'fileSent') return sentFile(event, from)
  if (event.type !== 'unconfirmed') return event
  const { group } = event
  return { ...event, messages: event.messages.map((saved) => read(saved, group, from)) }
}

const sentFile = ({ type, group, plaintext }: SavedFile, from: Member): ClientEvent => ({
  type,
  group,
  message: readMessage(plaintext, { group, from, seal: new Uint8Array() }),
})

type SavedFile = Extract<SavedEvent, { type: 'fileSent' }>

/** `reply`, `report` and `attachments` are not enumerable: the event can be copied to a store or another thread as before. */
const answerable = (engine: Engine, saved: SavedMessage): MessageEvent => {
  const { type, group, from, epoch, at } = saved
  const message = read(saved, group, from)
  const reply: MessageEvent['reply'] = (answer) => talkIn(engine, group).reply(message, answer)
  const handle = engine.handles.of(from.user)
  const named = { ...from, ...(handle === undefined ? {} : { handle }) }
  const event = { type, ...message, from: named, epoch, at, ...reportability(saved) }
  const complain: MessageEvent['report'] = (why) => report(engine, group, event, why)
  const attachments = attachmentsIn(engine, message.content)
  return Object.defineProperties(event, {
    reply: { value: reply },
    report: { value: complain },
    attachments: { value: attachments },
  }) as MessageEvent
}

/** Those that versions without franks saved have no tag. */
const reportability = (saved: SavedMessage): Pick<MessageEvent, 'reportable' | 'unreportable' | 'evidence'> =>
  saved.frank === undefined || !('plaintext' in saved)
    ? { reportable: false, unreportable: saved.unreportable ?? 'noTag' }
    : { reportable: true, evidence: { content: saved.plaintext, frank: saved.frank } }

const read = (saved: SavedMessage | SavedBytes, group: GroupId, from: Member): Message => {
  const { plaintext, digest } = 'plaintext' in saved ? saved : { plaintext: saved.data, digest: '' }
  return readMessage(plaintext, { group, from, seal: fromBase64url(digest) ?? new Uint8Array() })
}

type SavedBytes = Extract<SavedEvent, { type: 'unconfirmed' }>['messages'][number]
