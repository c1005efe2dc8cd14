/** The default snapshots: rows of a read model of their own, written by its thread, forgotten with another log. */
import { fromBase64url, toBase64url } from '../../../mls/bytes/base64url.js'
import { origin } from '../../../ports/position.js'
import type { ReadModels, Row, Schema } from '../../../ports/readModels.js'
import type { Snapshot, Snapshots } from '../../../ports/snapshots.js'

const schema: Schema = {
  name: 'snapshots',
  version: 1,
  tables: { snapshots: { key: ['stream', 'version', 'revision'], indexes: {} } },
}
const table = 'snapshots'
const removedAtOnceMax = 500

/** Closing `readModels` closes these too. */
export const openEmbeddedSnapshots = async (options: {
  readonly readModels: ReadModels
  readonly logId: string
}): Promise<Snapshots> => {
  const model = await options.readModels.open(schema, options.logId)
  /** No event makes these rows, so the checkpoint stays where it is. */
  const write = async (changes: Parameters<typeof model.apply>[0]): Promise<void> => {
    await model.apply(changes, origin, origin)
  }
  return {
    latest: async (stream, version, atMost = Number.MAX_SAFE_INTEGER) => {
      const prefix = [stream, version]
      const [row] = await model.range({ table, index: 'key', prefix, upTo: [atMost], limit: 1, descending: true })
      return row === undefined ? undefined : toSnapshot(row)
    },
    save: ({ stream, version, revision, bytes }) =>
      write([{ table, put: { stream, version, revision, bytes: toBase64url(bytes) } }]),
    remove: async (stream) => {
      for (;;) {
        const rows = await model.range({ table, index: 'key', prefix: [stream], limit: removedAtOnceMax })
        if (rows.length === 0) return
        await write(
          rows.map(toSnapshot).map(({ version, revision }) => ({ table, remove: [stream, version, revision] })),
        )
      }
    },
    close: () => Promise.resolve(),
  }
}

const toSnapshot = (row: Row): Snapshot => {
  const { stream, version, revision, bytes } = row as Omit<Snapshot, 'bytes'> & { readonly bytes: string }
  const decoded = fromBase64url(bytes)
  if (decoded === undefined) throw new Error('a snapshot that is not base64url')
  return { stream, version, revision, bytes: decoded }
}
