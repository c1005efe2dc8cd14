/** The shape of every aggregate: a pure fold of its events, and deciders that turn a command into new ones. */
import type { Hub } from '../events/form/meta.js'
import type { Erased, RawEvent, Shapes } from '../events/form/parser.js'
import type { Rejected } from './rejection.js'

/** Any event: a type, and data that is plain JSON. */
export type Fact = { readonly type: string; readonly data: object }

/** What surrounds a command: who asked for what is inside the command itself. */
export type CommandContext = {
  /** UUIDv5 of the authenticated principal and its Idempotency-Key (commandId.ts). */
  readonly id: string
  /** SHA-256 of the body, base64url. */
  readonly bodyHash: string
  /** Our clock, ms since 1970. */
  readonly at: number
  /** The id of the request that it came by. */
  readonly request?: string
  /** For a reaction: the event id it answers. */
  readonly cause?: string
  /** For what another server decided: which, and its number among what that one sent. */
  readonly hub?: Hub
}

export type Accepted<Event extends Fact> = { readonly accepted: readonly Event[] }
/** What decide answers: the events to append (none: nothing to do, and that is fine), or why not. */
export type Decision<Event extends Fact> = Accepted<Event> | Rejected

/** A decision on a stream as it is folded now. Pure: it may be asked again on a newer state. */
export type Decide<State, Event extends Fact> = (state: State) => Decision<Event>

/** The one shape of all deciders: the command first, so that what is left is what `Streams` asks. */
export type Decider<Command, State, Event extends Fact> = (command: Command) => Decide<State, Event>

export const accept = <Event extends Fact>(...events: readonly Event[]): Accepted<Event> => ({ accepted: events })

/** Where an event stands in its stream and when it was written; evolve may keep these. */
export type Place = { readonly revision: number; readonly at: number }

/** The bytes of a blob by their digest; undefined when there are none. */
export type BlobOf = (digest: string) => Promise<Uint8Array | undefined>

/** A kind of stream: how to read its events and fold them. */
export type Aggregate<State, Event extends Fact> = {
  /** The stream category. */
  readonly name: string
  readonly initial: State
  readonly shapes: Shapes
  parse(event: RawEvent): Event | Erased
  /** Pure; never throws on an event that decide made, never decides. */
  evolve(state: State, event: Event, place: Place): State
  /** Fetches the blobs that an event's fold reads, and keeps them beside the event that it hands on. */
  readonly whole?: (event: RawEvent, blobOf: BlobOf) => Promise<void> | undefined
  /** For streams that grow: the state as bytes. `version` changes with the code that reads them. */
  readonly snapshot?: {
    readonly version: number
    write(state: State): Uint8Array
    read(bytes: Uint8Array): State
  }
  /** About how many bytes of memory a state takes, for the cache's bound. */
  weigh(state: State): number
}
