/** A fold as bytes, and when one is due: four bytes of header length, the header as JSON, the state's own bytes. */
import { toPosition } from '../ports/position.js'
import type { Snapshot } from '../ports/snapshots.js'
import type { Aggregate, Fact } from './decider.js'
import type { Fold } from './fold.js'
import type { KnownCommand } from './knownCommands.js'

/** Events of a stream from one snapshot to the next, for every so many commands that each of them holds. */
const snapshotEvery = 64
const commandsMany = 4_096

/**
 * Whether a fold that grew from one revision to another passed a place for a snapshot. The more `commands` one holds, the
 * rarer they are: what they cost for each event has a bound, and so has what is folded without one (a 64th of a day's).
 */
export const isSnapshotDue = (before: number, after: number, commands: number): boolean => {
  const every = snapshotEvery * Math.max(1, Math.ceil(commands / commandsMany))
  return Math.floor((before + 1) / every) < Math.floor((after + 1) / every)
}

type Header = { readonly position: number; readonly commands: readonly (readonly [string, KnownCommand])[] }
type Codec<State> = NonNullable<Aggregate<State, Fact>['snapshot']>

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
