/** One conversation: what was said, a line to write in, and who is in it. */
import { html } from 'htm/preact'
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ReportCategory, UserId } from '../../client/index.js'
import { type Conversation, type Message, nameOf, portraitOf, type State, titleOf } from '../model.js'
import type { Session } from '../session.js'
import { Avatar } from './avatar.js'
import { FileView } from './file.js'
import { People } from './people.js'
import { Progress } from './progress.js'
import { Reactions } from './reactions.js'
import { Report } from './report.js'
import { Share } from './share.js'
import { timeOf } from './time.js'
import { typingLine } from '../typing.js'
import { Write } from './write.js'

type Given = { readonly session: Session; readonly state: State; readonly conversation: Conversation }

export const ConversationView = ({ session, state, conversation }: Given): VNode => {
  const [showsPeople, setShowsPeople] = useState(false)
  const [files, setFiles] = useState<readonly File[]>([])
  const [isOver, setIsOver] = useState(false)
  const drop = {
    onDragOver: (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files') !== true) return
      event.preventDefault()
      setIsOver(conversation.open)
    },
    onDragLeave: () => {
      setIsOver(false)
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault()
      setIsOver(false)
      if (conversation.open) setFiles(Array.from(event.dataTransfer?.files ?? []))
    },
  }
  const end = useRef<HTMLDivElement>(null)
  const count = conversation.messages.length
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' })
  }, [count])
  /** A picture takes its room when it is there: whoever read the end goes on reading it. */
  const stayAtEnd = ({ currentTarget }: Event): void => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget as HTMLElement
    if (scrollHeight - scrollTop - clientHeight < clientHeight) end.current?.scrollIntoView({ block: 'end' })
  }
  return html`<main class="conversation ${isOver ? 'over' : ''}" ...${drop}>
      <header>
        <button
          class="plain back"
          aria-label="Back to the list"
          onClick=${() => {
            history.back()
          }}
        >
          ‹
        </button>
        <${Avatar} name=${titleOf(state, conversation)} picture=${portraitOf(state, conversation)} />
        <h1 class="grow">${titleOf(state, conversation)}</h1>
        <button
          class="plain"
          aria-expanded=${showsPeople}
          onClick=${() => {
            setShowsPeople(!showsPeople)
          }}
        >
          ${peopleOf(conversation)}
        </button>
      </header>
      <div class="messages" role="log" aria-label="Messages" tabindex="0" onLoadCapture=${stayAtEnd}>
        <p class="line-of-page">Messages here are end-to-end encrypted.</p>
        ${conversation.messages.map((message, at) => messageOf({ session, state, conversation }, message, conversation.messages[at - 1]))}
        <div ref=${end}></div>
      </div>
      <p class="typing" role="status">${typingIn(state, conversation)}</p>
      ${
        conversation.open
          ? html`<${Write}
              say=${(text: string) => session.say(conversation.id, text)}
              writing=${() => {
                session.writing(conversation.id)
              }}
              choose=${setFiles}
            />`
          : html`<p class="closed">Nothing can be written here any more.</p>`
      }
    </main>
    ${
      files.length > 0 &&
      html`<${Share}
        files=${files}
        largest=${session.largestFile}
        share=${(file: File, description: string) => session.share(conversation.id, file, description)}
        done=${() => {
          setFiles([])
        }}
      />`
    }
    ${
      showsPeople &&
      html`<${People}
        session=${session}
        state=${state}
        conversation=${conversation}
        close=${() => {
          setShowsPeople(false)
        }}
      />`
    }`
}

const typingIn = (state: State, conversation: Conversation): string | undefined =>
  typingLine(state.typists ?? [], {
    group: conversation.id,
    now: Date.now(),
    name: (user) => nameOf(state, conversation, user),
  })

/** Under one name as long as one person speaks. */
const messageOf = (given: Given, message: Message, before: Message | undefined): VNode => {
  const { session, state, conversation } = given
  const { from, fate } = message
  const files = session.filesOf(message)
  if (from === undefined) return html`<p class="line-of-page" key=${message.id}>${message.text}</p>`
  const isMine = from === state.me.user
  return html`<article class="message ${isMine ? 'mine' : ''}" key=${message.id}>
    ${!isMine && before?.from !== from && speakerOf(given, from)}
    ${
      files.length === 0
        ? html`<p class="bubble">${message.text}</p>`
        : files.map((file) => html`<div class="bubble files" key=${file.name}><${FileView} file=${file} /></div>`)
    }
    ${fate === 'sending' && message.file !== undefined && sendingOf(session, message)}
    <div class="under">
      <span class="when"
        >${message.edited && 'edited · '}${fate === 'sending' ? 'sending…' : timeOf(message.at)}${
          fate === 'failed' &&
          html` ·
            <button class="plain again" onClick=${() => session.sayAgain(conversation.id, message)}>
              not sent: try again
            </button>`
        }</span
      >
      <${Reactions}
        message=${message}
        me=${state.me.user}
        name=${(user: UserId) => nameOf(state, conversation, user)}
        react=${(mark: string) => session.react(conversation.id, message, mark)}
        open=${conversation.open}
      />
      ${
        !isMine &&
        html`<${Report}
          message=${message}
          report=${(category: ReportCategory) => session.report(conversation.id, message, category)}
        />`
      }
    </div>
  </article>`
}

const speakerOf = ({ state, conversation }: Given, user: UserId): VNode => {
  const name = nameOf(state, conversation, user)
  return html`<span class="speaker"
    ><${Avatar} name=${name} picture=${state.portraits[user]} /><span class="who">${name}</span></span
  >`
}

const sendingOf = (session: Session, message: Message): VNode =>
  html`<span class="row sending">
    <${Progress} label="Sending ${message.file?.name ?? ''}" done=${message.done ?? 0} />
    <button
      class="plain"
      onClick=${() => {
        session.callOff(message)
      }}
    >
      Cancel
    </button>
  </span>`

const peopleOf = ({ members }: Conversation): string => (members.length === 1 ? 'Only you' : `${members.length} people`)
