/** Names spread over two directories, `a/B/aB…`, so that none grows long; and walked in their order. */
import { join } from 'node:path'
import { namesIn } from '../durableFiles.js'

export const shardedPath = (root: string, name: string): string => join(root, name.slice(0, 1), name.slice(1, 2), name)

/** The paths of all that is above a name, in the order of the names. */
export async function* pathsAfter(root: string, after: string): AsyncGenerator<string> {
  for (const first of await shards(root, after.slice(0, 1)))
    for (const second of await shards(join(root, first), first === after.slice(0, 1) ? after.slice(1, 2) : ''))
      for (const name of await sortedIn(join(root, first, second)))
        if (name > after) yield join(root, first, second, name)
}

const shards = async (directory: string, from: string): Promise<readonly string[]> =>
  (await sortedIn(directory)).filter((name) => name.length === 1 && name >= from)

const sortedIn = async (directory: string): Promise<readonly string[]> => [...(await namesIn(directory))].sort()
