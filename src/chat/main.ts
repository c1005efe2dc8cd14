/** The chat in the browser: a demonstration on the SDK, served by the very homeserver that it talks to. */
import { html } from 'htm/preact'
import { render } from 'preact'
import { createAccount, indexedDbStore, openClient, type Status } from '../client/index.js'
import { openHistory } from './history.js'
import { openSession, type Session } from './session.js'
import { wordsOf } from './words.js'
import { App } from './views/app.js'
import { Notice } from './views/notice.js'
import { Welcome } from './views/welcome.js'
import { alone, database } from './waking/alone.js'

const handleKey = 'mls-chat-handle'
const server = location.origin

const show = (what: ReturnType<typeof html>): void => {
  render(what, document.body)
}

/** One page at a time: two would use the same keys for different messages. */
const sayTaken = (): void => {
  show(
    html`<${Notice}
      title="The chat is open already"
      text="This account is open in another tab or window: go on there."
    />`,
  )
}

const sayWaiting = (): void => {
  show(html`<${Notice} title="One moment" text="What came while this page was closed is being read." />`)
}

const begin = async (): Promise<void> => {
  const store = await indexedDbStore(database)
  let changed: (status: Status) => void = () => undefined
  const onStatus = (status: Status): void => {
    changed(status)
  }
  const run = async (handle: string): Promise<void> => {
    const client = await openClient({ server, store, onStatus })
    const session: Session = await openSession(client, await openHistory(`${database}-history`), handle)
    const draw = (): void => {
      show(html`<${App} session=${session} state=${session.state()} />`)
    }
    changed = draw
    session.watch(draw)
    draw()
  }
  const register = async (handle: string): Promise<void> => {
    const client = await createAccount({ server, store, handle })
    localStorage.setItem(handleKey, handle)
    await client.close()
    await run(handle)
  }
  const known = localStorage.getItem(handleKey)
  if (known === null) show(html`<${Welcome} register=${register} />`)
  else await run(known)
}

if (!isSecureContext)
  show(
    html`<${Notice}
      title="The chat needs https"
      text="Browsers do cryptography on https pages (and on localhost) alone. Ask whoever runs this server for its https address."
    />`,
  )
else
  alone(begin, { taken: sayTaken, waiting: sayWaiting }).catch((error: unknown) => {
    show(html`<${Notice} title="The chat cannot be opened" text=${wordsOf(error)} />`)
  })
