/** Runs in the page: registers from the browser, joins the group it is invited to, and answers what it hears. */
import { createAccount, indexedDbStore, openClient } from '#src/client/index.js'

export type PageInput = { readonly server: string; readonly handle: string }

/** Registers, keeps everything in IndexedDB, and answers the user's id. */
export const register = async ({ server, handle }: PageInput): Promise<string> => {
  const client = await createAccount({ server, handle, store: await indexedDbStore(handle) })
  await client.close()
  return client.user
}

/** Opens the client again from IndexedDB, reads one message live, answers it, and says what it read. */
export const converse = async ({ server, handle }: PageInput): Promise<string> => {
  const client = await openClient({ server, store: await indexedDbStore(handle) })
  await client.connect()
  for await (const { text, group } of client.messages()) {
    await client.group(group).send(`the browser read: ${text}`)
    await client.close()
    return text
  }
  throw new Error('no message came')
}

Object.assign(globalThis, { register, converse })
