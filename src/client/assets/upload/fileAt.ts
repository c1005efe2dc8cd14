/** A file of this machine: to be sent, and to be opened again when a restart cut that short. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { FileSource } from './fileSource.js'
import type { OpenFile } from './resumeFiles.js'

const readBytes = 262_144

/** Throws where there is none, or where it is a folder. */
export const fileAt = async (path: string): Promise<FileSource> => {
  const absolute = resolve(path)
  const found = await stat(absolute)
  if (!found.isFile()) throw new TypeError(`${path} is no file`)
  const from = (start: number) => () => createReadStream(absolute, { start, highWaterMark: readBytes })
  return {
    size: found.size,
    stream: from(0),
    slice: (start) => ({ stream: from(start) }),
    name: basename(absolute),
    path: absolute,
    lastModified: Math.floor(found.mtimeMs),
  }
}

/** Undefined for what did not come by `fileAt`, or is gone. Whether it is the same still is for whoever asked. */
export const reopenFile: OpenFile = async (_name, { path }) =>
  path === undefined ? undefined : fileAt(path).catch(() => undefined)
