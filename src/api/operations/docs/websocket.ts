/** The frames of the websocket on the page, from the AsyncAPI document. */
import { escapeHtml } from '../escapeHtml.js'
import { jsonOf } from './code.js'
import { typeOf } from './schemas.js'
import type { Schema } from './schemas.js'
import { prose } from './text.js'

type Ref = { readonly $ref: string }
type Message = {
  readonly summary: string
  readonly payload: Schema
  readonly examples: readonly { readonly payload: unknown }[]
}
export type SocketDocument = {
  readonly info: { readonly description: string }
  readonly channels: { readonly websocket: { readonly messages: { readonly [name: string]: Message } } }
  readonly operations: { readonly [name: string]: { readonly summary: string; readonly messages: readonly Ref[] } }
  readonly components: { readonly schemas: { readonly [name: string]: Schema } }
}

export type Frame = {
  readonly name: string
  readonly from: 'client' | 'server'
  readonly message: Message
}

/** What a client says, then what it hears. */
export const framesIn = ({ channels, operations }: SocketDocument): readonly Frame[] =>
  (['send', 'receive'] as const).flatMap((operation) =>
    (operations[operation]?.messages ?? []).flatMap(({ $ref }) => {
      const name = $ref.split('/').at(-1) ?? ''
      const message = channels.websocket.messages[name]
      return message === undefined ? [] : [{ name, from: operation === 'send' ? 'client' : 'server', message }]
    }),
  )

export const anchorOfFrame = ({ name }: Frame): string => `frame-${name}`

export const frameArticle = (frame: Frame): string => {
  const { name, from, message } = frame
  return `<article id="${anchorOfFrame(frame)}" class="frame"><header><h3><a href="#${anchorOfFrame(frame)}"><code>${escapeHtml(name)}</code></a></h3>
<p class="route"><b class="${from}">${from === 'client' ? 'you say' : 'you hear'}</b></p></header>
<div class="what"><p>${prose(message.summary)}</p><p class="answer"><b>Frame</b> ${typeOf(message.payload)}</p></div>
<div class="examples">${message.examples.map(({ payload }) => jsonOf('Frame', payload)).join('')}</div></article>`
}
