/** One read is shared by all callers that came before it began; who comes during a read waits for the next one. */

/** Answers what a read says that begins now or later. */
export type SharedReads = <T>(name: string, read: () => Promise<T>) => Promise<T>

type Shared = { readonly running: Promise<unknown>; next: Promise<unknown> | undefined }

/** The caller knows what a name's reads answer: one name, one type. */
export const sharedReads = (): SharedReads => {
  const reads = new Map<string, Shared>()

  const begin = async <T>(name: string, read: () => Promise<T>): Promise<T> => {
    const running = read()
    const shared: Shared = { running, next: undefined }
    reads.set(name, shared)
    try {
      return await running
    } finally {
      if (reads.get(name) === shared && shared.next === undefined) reads.delete(name)
    }
  }

  const afterwards = async <T>({ running }: Shared, name: string, read: () => Promise<T>): Promise<T> => {
    await running.catch(() => undefined)
    return begin(name, read)
  }

  return <T>(name: string, read: () => Promise<T>) => {
    const shared = reads.get(name)
    if (shared === undefined) return begin(name, read)
    shared.next ??= afterwards(shared, name, read)
    return shared.next as Promise<T>
  }
}
