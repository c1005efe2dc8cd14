/** A backup that somebody wrote anew with all its sums right: what does not fit is found by what stands in the events. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** `change`: of the lines of its log, without the first and the last. */
export const rewritten = async (
  directory: string,
  change: (lines: readonly string[]) => readonly string[],
): Promise<void> => {
  const log = join(directory, 'log.jsonl')
  const [header = '', ...lines] = (await readFile(log, 'utf8')).trimEnd().split('\n')
  const changed = change(lines.slice(0, -1))
  const body = [header, ...changed].map((line) => `${line}\n`).join('')
  const text = `${body}${JSON.stringify({ count: changed.length, sha256: hashOf(body) })}\n`
  await writeFile(log, text)
  const manifest = join(directory, 'manifest.json')
  const [, said = ''] = /^(.*)\n.*\n$/s.exec(await readFile(manifest, 'utf8')) ?? []
  const read = JSON.parse(said) as { readonly files: Record<string, object>; readonly log: object }
  const files = { ...read.files, 'log.jsonl': { bytes: Buffer.byteLength(text), sha256: hashOf(text) } }
  const again = JSON.stringify({ ...read, log: { ...read.log, events: changed.length }, files }, undefined, 1)
  await writeFile(manifest, `${again}\n${hashOf(again)}\n`)
}
