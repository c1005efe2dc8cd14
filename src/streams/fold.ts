/** A folded stream: its state, where it stands, and the command ids of the last day with their first results. */
import type { Snapshot } from '../ports/snapshots.js'
import type { StoredEvent } from '../ports/eventStore.js'
import { toPosition } from '../ports/position.js'
import type { Position } from '../ports/position.js'
import type { Aggregate, Fact } from './decider.js'

export type KnownCommand = {
  /** Undefined where it was erased. */
  readonly bodyHash?: string | undefined
  readonly at: number
  readonly revision: number
  readonly count: number
}

export type Fold<State> = {
  readonly state: State
  /** Of the last event; −1 for an empty stream. */
  readonly revision: number
  readonly position: Position
  /** Owned by the cached fold and grown in place; insertion order is age. */
  readonly commands: Map<string, KnownCommand>
}

export const knownCommand = (fold: Fold<unknown>, id: string): KnownCommand | undefined => fold.commands.get(id)

/** Forgets those that are `rememberMs` older than the event. */
export const rememberCommand = (commands: Map<string, KnownCommand>, event: StoredEvent, rememberMs: number): void => {
  const { command, bodyHash, at } = event.meta
  const known = commands.get(command)
  if (known !== undefined) {
    const count = Math.max(known.count, event.revision - known.revision + 1)
    commands.set(command, { ...known, count })
    return
  }
  commands.set(command, { bodyHash, at, revision: event.revision, count: 1 })
  for (const [id, { at: then }] of commands) {
    if (then > at - rememberMs) break
    commands.delete(id)
  }
}

type Header = { readonly position: number; readonly commands: readonly (readonly [string, KnownCommand])[] }
type Codec<State> = NonNullable<Aggregate<State, Fact>['snapshot']>

/** Four bytes of header length, the header as JSON, the state's own bytes. */
export const writeSnapshot = <State>(codec: Codec<State>, stream: string, fold: Fold<State>): Snapshot => {
  const header: Header = { position: fold.position, commands: [...fold.commands] }
  const head = new TextEncoder().encode(JSON.stringify(header))
  const state = codec.write(fold.state)
  const bytes = new Uint8Array(4 + head.length + state.length)
  new DataView(bytes.buffer).setUint32(0, head.length)
  bytes.set(head, 4)
  bytes.set(state, 4 + head.length)
  return { stream, revision: fold.revision, version: codec.version, bytes }
}

export const readSnapshot = <State>(codec: Codec<State>, snapshot: Snapshot): Fold<State> => {
  const { bytes } = snapshot
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Header
  return {
    state: codec.read(bytes.subarray(4 + length)),
    revision: snapshot.revision,
    position: toPosition(header.position),
    commands: new Map(header.commands),
  }
}
