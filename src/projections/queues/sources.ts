/** What a page is merged of: a group's messages, its events, and the items of each of the queue's recipients. */
import type { Recipient } from '../../items/audience.js'
import { frameBytes } from '../../items/frame.js'
import type { Frame } from '../../items/frame.js'
import { shows } from '../../items/membership.js'
import { toPosition } from '../../ports/position.js'
import type { Position } from '../../ports/position.js'
import type { Row } from '../../ports/readModels.js'
import { later } from './moved.js'
import type { Moved } from './moved.js'
import type { PageAsk, PageDependencies } from './pageAsk.js'
import { makeReadAhead } from './readAhead.js'
import type { ReadAhead } from './readAhead.js'
import { number, readMessageRow, text } from './schema.js'

export const readGroup = (
  { model, cache, logId }: PageDependencies,
  ask: PageAsk,
  moved: Moved,
  checkpoint: Position,
  chunk: number,
): readonly ReadAhead[] => {
  const { group: row, windows, upTo } = moved
  const { group } = row
  const source = (
    table: 'messages' | 'events',
    after: Position,
    frameOf: (row: Row) => Frame,
    visible: (frame: Frame) => boolean,
  ): ReadAhead => {
    const rows = {
      name: `${table} ${group}`,
      read: async (above: Position, to: Position, limit: number) =>
        (await model.range({ table, index: 'key', prefix: [group], after: [above], upTo: [to], limit })).map(frameOf),
    }
    return makeReadAhead({
      after,
      upTo,
      chunk,
      visible,
      read: (above, limit) => cache.read(rows, above, checkpoint, limit),
    })
  }
  const inWindow = (frame: Frame): boolean =>
    windows.some((window) => shows(window, frame.position, frame.message?.epoch, frame.message?.targets))
  const youngEnough = (frame: Frame): boolean => {
    if (frame.message === undefined || frame.message.at >= ask.oldest) return true
    moved.fallen = Math.max(moved.fallen, frame.position)
    return false
  }
  const messagesAfter = later(moved.after, toPosition(moved.fallen))
  return [
    ...(row.lastEvent > moved.after ? [source('events', moved.after, eventFrame(logId), inWindow)] : []),
    ...(row.lastMessage > messagesAfter
      ? [source('messages', messagesAfter, messageFrame(logId), (frame) => youngEnough(frame) && inWindow(frame))]
      : []),
  ]
}

const eventFrame =
  (logId: string) =>
  (row: Row): Frame => {
    const position = toPosition(number(row, 'position'))
    return { position, bytes: frameBytes(text(row, 'item'), logId, position) }
  }

const messageFrame =
  (logId: string) =>
  (row: Row): Frame => {
    const { item, epoch, revision, at, targets, silent } = readMessageRow(row)
    const position = toPosition(number(row, 'position'))
    const rest = { ...(targets === undefined ? {} : { targets }), ...(silent === undefined ? {} : { silent }) }
    const message = { epoch: BigInt(epoch), count: revision + 1, at, ...rest }
    return { position, bytes: frameBytes(item, logId, position), message }
  }

const ownChunk = 128

export const readOwn = (
  { model, logId }: PageDependencies,
  recipient: Recipient,
  after: Position,
  checkpoint: Position,
): ReadAhead =>
  makeReadAhead({
    after,
    upTo: checkpoint,
    chunk: ownChunk,
    visible: () => true,
    read: async (above, limit) => {
      const range = { table: 'own', index: 'key', prefix: [recipient], after: [above], upTo: [checkpoint] }
      const rows = await model.range({ ...range, limit })
      return rows.map(eventFrame(logId))
    },
  })
