/** Who is nobody to a directory that may be behind the log. */
import { expect } from 'chai'
import type { ClientId, UserId } from '#src/mls/wire/ids.js'
import { StoreUnavailable } from '#src/ports/eventStore.js'
import { directoryOf } from '#src/projections/directory/queries.js'
import type { Directory } from '#src/projections/directory/queries.js'
import type { UserRow } from '#src/projections/directory/tables.js'
import { unlessBehind } from '#src/projections/directory/unlessBehind.js'

const user = 'mimi://a.example/u/AAAAAAAAAAAAAAAAAAAAAA' as UserId
const found = { user, handle: 'alice' } as UserRow

const asked: { readonly [question: string]: (directory: Directory) => Promise<unknown> } = {
  'a handle': ({ byHandle }) => byHandle('hash'),
  'the id of a client': ({ ownerOf }) => ownerOf('mimi://a.example/d/AAAAAAAAAAAAAAAAAAAAAA' as ClientId),
  'a recovery key': ({ recoverableBy }) => recoverableBy('hash'),
}
const answers: { readonly [question: string]: unknown } = {
  'a handle': found,
  'the id of a client': user,
  'a recovery key': user,
}

describe('a directory that is behind', () => {
  /** Whether it has read who is there, and comes to it when it is waited for; how often it was waited for. */
  let [isThere, comesLevel, waited] = [false, false, 0]
  const empty = directoryOf({
    get: () => Promise.resolve(undefined),
    getMany: (_, keys) => Promise.resolve(keys.map(() => undefined)),
    range: () => Promise.resolve([]),
    checkpoint: () => Promise.resolve(0 as never),
    rows: () => Promise.resolve({}),
    apply: () => Promise.resolve('applied'),
  })
  const whoIs = (): Promise<UserId | undefined> => Promise.resolve(isThere ? user : undefined)
  const directory = unlessBehind(
    { ...empty, byHandle: () => Promise.resolve(isThere ? found : undefined), ownerOf: whoIs, recoverableBy: whoIs },
    () => {
      waited++
      isThere ||= comesLevel
      return Promise.resolve(comesLevel)
    },
  )
  beforeEach(() => {
    ;[isThere, comesLevel, waited] = [false, false, 0]
  })

  for (const [question, ask] of Object.entries(asked)) {
    it(`answers ${question} that it knows at once`, async () => {
      isThere = true
      expect([await ask(directory), waited]).to.deep.equal([answers[question], 0])
    })

    it(`looks for ${question} again once it is level`, async () => {
      comesLevel = true
      expect([await ask(directory), waited]).to.deep.equal([answers[question], 1])
    })

    it(`does not say that ${question} is of nobody while it is behind`, async () => {
      const failure: unknown = await ask(directory).catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(StoreUnavailable)
    })
  }
})
