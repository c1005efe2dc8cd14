/**
 * @tus/server over the one module of uploads. The package keeps the protocol; who may, the lock, the parts and the end are ours,
 * and so is whatever is answered: it is asked with what was authorised, and its refusals become our problems.
 */
import type { Readable } from 'node:stream'
import { DataStore, Server, Upload } from '@tus/server'
import type { Reserved, Stored } from '../../../commands/asset/asset.js'
import { noSuchAsset } from '../../../commands/asset/storage.js'
import { malformed, reject } from '../../../streams/rejection.js'
import type { Rejected } from '../../../streams/rejection.js'
import type { Uploads } from '../uploads.js'

/** One request, for whom it was authorised, while its upload is the only one. */
export type TusRequest = {
  readonly method: 'POST' | 'HEAD' | 'PATCH'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: AsyncIterable<Uint8Array>
  readonly asset: Reserved | Stored
  /** How many bytes are there. */
  readonly offset: number
  /** Aborts when nothing more may be written. */
  readonly signal: AbortSignal
}

export type TusAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** How many bytes are there now. */
  readonly offset: number
  /** SHA-256 of all of them, where this request brought all. */
  readonly digest: string | undefined
}

type Under = TusRequest & { came: { offset: number; digest: string | undefined } }

/** A refusal of ours, on its way through the package. */
class Refused extends Error {
  override readonly name = 'Refused'
  readonly rejected: Rejected
  constructor(rejected: Rejected) {
    super(rejected.rejected.code)
    this.rejected = rejected
  }
}

export type TusServer = (request: TusRequest) => Promise<TusAnswer | Rejected>

export const makeTusServer = (uploads: Pick<Uploads, 'appendParts'>): TusServer => {
  // Each asset has one upload at a time: its id finds the request that is under way.
  const under = new Map<string, Under>()
  const assetOf = new WeakMap<object, string>()
  const failures = new WeakMap<object, unknown>()
  const server = new Server({
    path: '/',
    datastore: storeOver(uploads, under),
    // It is held already, around all that the package does.
    locker: { newLock: () => ({ lock: () => Promise.resolve(), unlock: () => Promise.resolve() }) },
    namingFunction: (request) => assetOf.get(request) ?? '',
    getFileIdFromRequest: (request) => assetOf.get(request),
    // The address itself, whatever a proxy calls it.
    generateUrl: () => 'upload',
    onResponseError: (request, error) => {
      failures.set(request, error)
      return undefined
    },
  })
  return async (asked) => {
    const { asset, offset, method, headers } = asked
    const came = { offset, digest: undefined }
    const request = new Request('http://tus/upload', { method, headers })
    const state: Under = { ...asked, came }
    under.set(asset.asset, state)
    assetOf.set(request, asset.asset)
    try {
      const response = await server.handleWeb(request)
      const failure = failures.get(request)
      if (failure !== undefined) return refusalOf(failure, state)
      const said = await response.text()
      if (response.status >= 400) return malformed(said.trim())
      const heard: Record<string, string> = {}
      response.headers.forEach((value, name) => (heard[name] = value))
      return { status: response.status, headers: heard, ...state.came }
    } finally {
      under.delete(asset.asset)
    }
  }
}

const storeOver = (uploads: Pick<Uploads, 'appendParts'>, under: ReadonlyMap<string, Under>): DataStore => {
  const found = (id: string): Under => {
    const state = under.get(id)
    if (state === undefined) throw new Refused(noSuchAsset)
    return state
  }
  const store = new DataStore()
  store.extensions = ['creation']
  return Object.assign(store, {
    create: (upload: Upload) => Promise.resolve(upload),
    getUpload: (id: string) => {
      const { asset, offset } = found(id)
      return Promise.resolve(new Upload({ id, size: asset.size, offset }))
    },
    // The bytes go past the package: its layers of streams would cost more than all that we do with them.
    write: async (nothing: Readable, id: string, offset: number) => {
      nothing.resume()
      const state = found(id)
      const { asset, signal, body: stream } = state
      if (asset.status === 'stored' || stream === undefined) return offset
      const appended = await uploads.appendParts(asset, { offset, stream, signal, keepRest: true })
      state.came = appended
      if (appended.refused !== undefined) throw new Refused(appended.refused)
      return appended.offset
    },
  })
}

type Told = { readonly status_code?: unknown; readonly body?: unknown }

/** What the package refuses, in our words. Throws what is no refusal: a store that fails, a bug. */
const refusalOf = (failure: unknown, { asset, offset }: Under): Rejected => {
  if (failure instanceof Refused) return failure.rejected
  const { status_code: status, body } = failure as Told
  if (status === 409) return reject({ code: 'version-mismatch', current: offset })
  if (status === 413) return reject({ code: 'too-large', max: asset.size - offset })
  if (typeof status === 'number' && status < 500) return malformed(String(body).trim())
  throw failure
}
