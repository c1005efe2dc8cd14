/** Files that this page is sending: they live as long as it does, for nobody but the person can open them again. */
import type { Client, GroupId } from '../client/index.js'
import type { History } from './history.js'
import { arrivedFile, doing, type Message } from './model.js'

export type Sharing = {
  readonly share: (group: GroupId, file: File, description: string) => Promise<void>
  readonly again: (group: GroupId, message: Message) => Promise<void>
  readonly callOff: (message: Message) => void
}

type Posting = { readonly file: File; readonly callOff: AbortController }

type Page = {
  readonly client: Client
  readonly history: History
  /** A message that is new, or another than it was. */
  readonly begin: (group: GroupId, message: Message) => void
  readonly change: (group: GroupId, id: string, change: (message: Message) => Message) => void
  readonly fail: (error: unknown) => void
}

export const sharingOn = ({ client, history, begin, change, fail }: Page): Sharing => {
  const files = new Map<string, File>()
  const underWay = new Map<string, AbortController>()

  let turn = Promise.resolve()

  /** One after another, in the order in which they were chosen. */
  const post = (group: GroupId, message: Message, file: File): Promise<void> => {
    const callOff = new AbortController()
    underWay.set(message.id, callOff)
    turn = turn.then(() => postNow(group, message, { file, callOff }))
    return turn
  }

  const postNow = async (group: GroupId, message: Message, { file, callOff }: Posting): Promise<void> => {
    const { id, file: shared } = message
    try {
      const sent = await client.group(group).sendFile(file, {
        name: file.name,
        description: shared?.description ?? '',
        signal: callOff.signal,
        onProgress: ({ bytes, size }) => {
          change(group, id, (one) => ({ ...one, done: size === 0 ? 1 : bytes / size }))
        },
      })
      files.delete(id)
      await history.keep(group, arrivedFile(message, sent))
      change(group, id, (one) => arrivedFile(one, sent))
    } catch (error) {
      change(group, id, (one) => doing(one, 'failed'))
      if (!callOff.signal.aborted) fail(error)
      await history.keep(group, doing(message, 'failed'))
    } finally {
      underWay.delete(id)
    }
  }

  return {
    share: async (group, file, description) => {
      const { name, size } = file
      const message: Message = {
        id: crypto.randomUUID(),
        at: Date.now(),
        from: client.user,
        text: description === '' ? name : description,
        file: { name, size, description },
        fate: 'sending',
      }
      files.set(message.id, file)
      begin(group, message)
      await history.keep(group, doing(message, 'failed'))
      await post(group, message, file)
    },
    again: async (group, message) => {
      const file = files.get(message.id)
      if (file === undefined) {
        fail(new Error(`This page does not have ${message.file?.name ?? 'the file'} any more: choose it again.`))
        return
      }
      change(group, message.id, (one) => doing(one, 'sending'))
      await post(group, doing(message, 'sending'), file)
    },
    callOff: ({ id }) => {
      underWay.get(id)?.abort(new Error('called off'))
    },
  }
}
