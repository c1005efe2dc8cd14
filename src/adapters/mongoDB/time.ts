/** What time it is by MongoDB: a clock beside ours. */
import { z } from 'zod'
import type { MongoConnection } from './connection.js'

const hello = z.object({ localTime: z.date() })

/** ms since 1970; undefined when it does not answer. */
export const mongoTime = async ({ db, call }: Pick<MongoConnection, 'db' | 'call'>): Promise<number | undefined> => {
  try {
    return hello.parse(await call(() => db.command({ hello: 1 }))).localTime.getTime()
  } catch {
    return undefined
  }
}
