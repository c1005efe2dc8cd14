/** How large the stores are, as operators are told. */
import { z } from 'zod'
import { described, timeOut } from './fields.js'

const whole = (description: string, example: number) => described(z.number().int(), description, example)

const storeSize = z
  .object({
    name: described(z.string(), 'What it holds', 'blobs'),
    where: described(z.string(), 'Where it stands', '/var/lib/homeserver/blobs'),
    bytes: whole('Bytes on its disk, about', 1_048_576),
    entries: whole('How many files or documents it has', 12).optional(),
  })
  .meta({ title: 'StoreSize', description: 'A part of the stores and its size' })

const diskRoom = z
  .object({
    name: described(z.string(), 'The setting that names the directory', 'DATA_DIR'),
    free: whole('Bytes that this user may still write', 52_428_800_000),
    all: whole('Bytes of the disk', 104_857_600_000),
  })
  .meta({ title: 'DiskRoom', description: 'The disk of a directory, as this process sees it' })

export const storesAnswer = z.object({
  log: z
    .object({
      description: described(z.string(), 'Which store it is', 'embedded'),
      head: whole('The position of its newest event', 345),
      oldest: timeOut.optional().describe('When the oldest event that it has was written, ms since 1970'),
      newest: timeOut.optional().describe('When the newest one was'),
      growth: z
        .object({
          bytes: whole('About how much longer it became', 900_000),
          ms: whole('In how long, to its newest event', 86_400_000),
        })
        .meta({ title: 'LogGrowth', description: 'How fast the log grows: in a day, where that can be told' })
        .optional(),
      scavenge: timeOut
        .optional()
        .describe('Since when events that were forgotten wait for a scavenge of EventStoreDB; none where none does'),
    })
    .meta({ title: 'LogSize', description: 'The log' }),
  stores: z.array(storeSize).describe('What stands beside the log, and the file of an embedded one'),
  disks: z.array(diskRoom).describe('The disks'),
})
export type StoresShown = z.infer<typeof storesAnswer>
export type StoreSize = StoresShown['stores'][number]
