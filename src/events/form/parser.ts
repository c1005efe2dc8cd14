/** Makes an aggregate's parser from its event schemas: the newest shape of each type, and the lifts of older ones. */
import type { z } from 'zod'
import type { Json } from './json.js'
import type { Meta } from './meta.js'

/** What a parser needs of a stored event. `damage`: why it is not what was written. */
export type RawEvent = { readonly type: string; readonly data: Json; readonly meta: Meta; readonly damage?: string }

/** From shape `v` to the next one. */
export type Lift = (data: Json) => Json
export type Shape<Schema extends z.ZodType> = {
  readonly schema: Schema
  readonly lifts?: readonly Lift[]
  /** Where its data, in any of its shapes, names a place by its position in the log; positions.ts says why and how. */
  readonly positions?: readonly PositionPath[]
}
/** Field names from the data down; `*`: every field of a record, every element of a list. */
export type PositionPath = readonly string[]
export type Shapes = { readonly [type: string]: Shape<z.ZodType> }
export type EventOf<S extends Shapes> = {
  [Type in keyof S & string]: { readonly type: Type; readonly data: z.infer<S[Type]['schema']> }
}[keyof S & string]

/** A fact whose bytes no parser understands: it stops its own stream's commands, and a projection parks it. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent'
}

/** An event whose payload was erased keeps its place and type. */
export type Erased = { readonly type: 'Erased'; readonly data: { readonly was: string } }

/**
 * The parser of an aggregate's events: lifts older shapes (meta.v = 1 is the first) and checks the newest one.
 * Throws UnreadableEvent.
 */
export const parserOf =
  <S extends Shapes>(shapes: S) =>
  (event: RawEvent): EventOf<S> | Erased => {
    const shape = Object.hasOwn(shapes, event.type) ? shapes[event.type] : undefined
    if (event.damage !== undefined) throw new UnreadableEvent(`${event.type}: ${event.damage}`)
    if (shape === undefined) throw new UnreadableEvent(`no such event type: ${event.type}`)
    if (event.data === null) return { type: 'Erased', data: { was: event.type } }
    const lifts = shape.lifts ?? []
    if (event.meta.v > lifts.length + 1) {
      throw new UnreadableEvent(`${event.type} has shape ${event.meta.v}, newer than this server knows`)
    }
    const lifted = lifts.slice(event.meta.v - 1).reduce<Json>((data, lift) => lift(data), event.data)
    const parsed = shape.schema.safeParse(lifted)
    if (!parsed.success) throw new UnreadableEvent(`${event.type}: ${parsed.error.issues[0]?.message ?? 'unreadable'}`)
    return { type: event.type, data: parsed.data } as EventOf<S>
  }

/** The shape number that new events of a type are written in. */
export const currentShape = (shapes: Shapes, type: string): number => (shapes[type]?.lifts?.length ?? 0) + 1
