/** What a fact of a user of ours is to the server of another one, who is to be told. Pure. */
import type { AnyEvent } from '../events/anyEvent.js'
import type { ContactWord } from '../events/contacts.js'
import { domainOf } from '../mls/wire/ids.js'
import type { UserId } from '../mls/wire/ids.js'

export type Word = {
  readonly word: ContactWord
  /** Of ours, whose word it is. */
  readonly user: UserId
  /** Of another server. */
  readonly other: UserId
  readonly request: string
  /** Base64url, for the clients of the other one. */
  readonly ciphertext?: string
}

type Contacting = Extract<AnyEvent, { type: 'ContactSought' | 'ConnectionAccepted' | 'ConnectionRejected' }>

/** Undefined where both are of one server. */
export const wordIn = (event: Contacting): Word | undefined => {
  const { user, from, request } = event.data
  if (domainOf(user) === domainOf(from)) return undefined
  switch (event.type) {
    case 'ContactSought':
      return { word: 'request', user: from, other: user, request, ciphertext: event.data.ciphertext }
    case 'ConnectionAccepted': {
      const { ciphertext } = event.data
      return { word: 'accept', user, other: from, request, ...(ciphertext === undefined ? {} : { ciphertext }) }
    }
    case 'ConnectionRejected':
      return { word: 'reject', user, other: from, request }
  }
}

/** That a user is gone, to one of another server who knew of it. */
export const endWord = (user: UserId, other: UserId): Word => ({ word: 'end', user, other, request: '' })

/** What a word is called: the same for the same, however often it is told. */
export const wordName = ({ word, user, other, request }: Pick<Word, 'word' | 'user' | 'other' | 'request'>): string =>
  request === '' ? `${word} ${user} ${other}` : `${word} ${request}`
