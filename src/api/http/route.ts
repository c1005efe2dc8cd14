/** One route as data: the same schemas are the check, the type and the OpenAPI document. */
import type { z } from 'zod'
import type { CommandContext } from '../../streams/decider.js'
import type { ProblemCode } from '../../contract/problems.js'
import type { Rejected } from '../../streams/rejection.js'
import type { AnyPrincipal } from './door.js'
import type { Incoming } from './request/incoming.js'
import type { Place } from './place.js'
import type { Charge } from './budgets/rateLimits.js'

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete'

/** Whether it changes nothing. HEAD is a route of its own where there is nothing to get. */
export const isRead = ({ method }: { readonly method: Method }): boolean => method === 'get' || method === 'head'

export type Ask<Principal, Params, Query, Body> = {
  readonly principal: Principal
  readonly params: Params
  readonly query: Query
  /** Undefined when the body came as message/mls. */
  readonly body: Body
  /** The raw body when its media type is message/mls (routes with `mls`), else undefined. */
  readonly mls: Uint8Array | undefined
  /** The body as it comes, of routes that take it so. */
  readonly incoming?: Incoming
  readonly command: CommandContext
  /** Of the connection, proxies considered: for rate limits only. */
  readonly address: string
  readonly header: (name: string) => string | undefined
  /** Counts what is known only while it is answered: whose command it is. A repeat pays as such. */
  readonly charge: (who: string, charges: readonly Charge[]) => Promise<Rejected | undefined>
}

/** `bytes` is asked for where the body is wanted, which has so many; where nobody knows before, none are said. */
type Stream = { readonly length?: number; readonly bytes: () => AsyncIterable<Uint8Array> }

type Answered = {
  readonly status: 200 | 201 | 202 | 204 | 206 | 304
  readonly body?: object
  /** The whole body, in place of `body`, where its JSON is written already. */
  readonly json?: Buffer
  readonly place?: Place
  readonly mls?: Uint8Array
  /** The body, where it is never whole in memory. */
  readonly stream?: Stream
  readonly headers?: { readonly [name: string]: string }
  /** The command was done before, and this is its first answer. */
  readonly repeated?: boolean
}

/** What a route answers. */
export type Reply = Rejected | Answered
/** An answer whose body is never whole in memory. */
export type StreamedReply = Answered & { readonly stream: Stream }
/** What a command's route answers: it knows whether it was the first to be asked. */
export type CommandReply = Rejected | (Answered & { readonly repeated: boolean })

/** What is checked and documented of a route, whatever the door. */
export type RouteShape<
  Access extends string = string,
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
> = {
  readonly method: Method
  /** OpenAPI style: `/v1/groups/{group}`. URIs in it are percent-encoded by clients. */
  readonly path: string
  readonly tag: string
  readonly summary: string
  readonly description?: string
  /** Whom it is for, in the words of its door. */
  readonly access: Access
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** Where those of the fields make none that is answered well. */
  readonly example?: { readonly query?: { readonly [name: string]: string }; readonly body?: object }
  /** The body may come as message/mls instead (and JSON may be as large as an MLS route's). */
  readonly mls?: boolean
  /** JSON may be as large as an MLS route's. */
  readonly isLarge?: boolean
  /** The body may also be application/x-www-form-urlencoded, checked by the same schema (RFC 6749 token requests). */
  readonly form?: boolean
  /** The media type of a body that is read as it comes. */
  readonly streamed?: `application/${string}`
  /** Headers of the request that the route reads, beyond those that any route does. */
  readonly headers?: { readonly [name: string]: HeaderShape }
  readonly success: {
    readonly status: 101 | 200 | 201 | 202 | 204
    readonly body?: z.ZodType
    /** The success body is offered as message/mls to whoever would rather have that than JSON. */
    readonly mls?: boolean
    /** The media type of an answer that is text, or bytes as they are. */
    readonly text?: `text/${string}`
    readonly bytes?: `application/${string}`
    readonly headers?: { readonly [name: string]: HeaderShape }
  }
  /** Answers that are neither that nor problems. */
  readonly also?: readonly {
    readonly status: number
    readonly description: string
    readonly body?: z.ZodType
    readonly bytes?: `application/${string}`
  }[]
  /** The codes beyond those that any route may answer; of a route that is not assembled, all. */
  readonly problems: readonly ProblemCode[]
  /** Headers of the answer to OPTIONS, beyond those of every address. */
  readonly options?: () => { readonly [name: string]: string }
  /** It is no read, and needed by whoever reads: it is answered while commands are held. */
  readonly inMaintenance?: true
  /** It is not assembled here: nothing is checked or counted of it but what it checks itself. */
  readonly apart?: boolean
}

export type HeaderShape = { readonly description: string; readonly required?: boolean; readonly schema: z.ZodType }

export type RouteSpec<
  Access extends string,
  Principal,
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
> = RouteShape<Access, P, Q, B> & {
  /** What the request costs, beyond what the assembler counts for every route. */
  readonly rates?: (ask: Ask<Principal, z.infer<P>, z.infer<Q>, z.infer<B>>) => readonly Charge[]
  /** True: it costs what `rates` says and nothing else. */
  readonly costsOnlyRates?: boolean
  /** What it turns out to cost once it is answered. */
  readonly costsMore?: (ask: Ask<Principal, z.infer<P>, z.infer<Q>, z.infer<B>>, reply: Reply) => readonly Charge[]
} & Answering<Ask<Principal, z.infer<P>, z.infer<Q>, z.infer<B>>>

/** Nobody can leave out how a command is known when it is asked for again: what is not a command says so. */
type Answering<Asked> =
  | { readonly method: 'get' | 'head'; readonly known?: never; readonly answer: (ask: Asked) => Promise<Reply> }
  | {
      readonly method: Exclude<Method, 'get' | 'head'>
      /** No event tells of it. */
      readonly known: 'unrecorded'
      readonly answer: (ask: Asked) => Promise<Reply>
    }
  | {
      readonly method: Exclude<Method, 'get' | 'head'>
      /**
       * Whether the log has the command: it is answered as it was then, whatever budget is used up. Asked where there is
       * an Idempotency-Key and nothing left to pay a new command with.
       */
      readonly known: (ask: Asked) => Promise<boolean>
      readonly answer: (ask: Asked) => Promise<CommandReply>
    }

/** A route whose types were checked where it was made: it is called with what its own door and schemas let through. */
export type AnyRoute<Access extends string = string, Principal extends AnyPrincipal = AnyPrincipal> = RouteSpec<
  Access,
  Principal,
  z.ZodType,
  z.ZodType,
  z.ZodType
>

/** Whom routes are for, by their `access`: all that a door adds to what every route has. */
type ByAccess = { readonly [access: string]: AnyPrincipal }
type AccessOf<Principals extends ByAccess> = Extract<keyof Principals, string>

/** The routes of a door, with what its principals are called by. */
export type RouteOf<Principals extends ByAccess> = AnyRoute<AccessOf<Principals>, Principals[AccessOf<Principals>]>

/** Makes the routes of a door: what `answer` is asked has the types of the route's own access and schemas. */
export const routeOf =
  <Principals extends ByAccess>() =>
  <
    A extends AccessOf<Principals>,
    P extends z.ZodType = z.ZodUndefined,
    Q extends z.ZodType = z.ZodUndefined,
    B extends z.ZodType = z.ZodUndefined,
  >(
    spec: RouteSpec<A, Principals[A], P, Q, B>,
  ): RouteOf<Principals> =>
    spec as unknown as RouteOf<Principals>
