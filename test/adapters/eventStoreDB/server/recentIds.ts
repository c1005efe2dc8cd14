/** The server's memory of appended ids, which is all that knows a retry without an expectation: small, and gone with the process. */

export type RecentIds = {
  remember(stream: string, id: string, revision: number, bytes: number): void
  revisionOf(stream: string, id: string): number | undefined
  forget(): void
}

const rememberedBytesMax = 8 * 1024 * 1024

export const createRecentIds = (): RecentIds => {
  const revisions = new Map<string, { readonly revision: number; readonly bytes: number }>()
  let remembered = 0
  const forgetOldest = (): void => {
    for (const [key, { bytes }] of revisions) {
      if (remembered <= rememberedBytesMax) return
      revisions.delete(key)
      remembered -= bytes
    }
  }
  return {
    remember: (stream, id, revision, bytes) => {
      revisions.set(`${stream} ${id}`, { revision, bytes })
      remembered += bytes
      forgetOldest()
    },
    revisionOf: (stream, id) => revisions.get(`${stream} ${id}`)?.revision,
    forget: () => {
      revisions.clear()
      remembered = 0
    },
  }
}
