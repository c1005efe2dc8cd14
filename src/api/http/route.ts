/** One route as data: the same schemas are the check, the type and the OpenAPI document. */
import type { z } from 'zod'
import type { CommandContext } from '../../streams/decider.js'
import type { Rejected, Rejection, RejectionCode } from '../../streams/rejection.js'
import type { Position } from '../../ports/position.js'
import type { RateName } from '../../limits/limits.js'
import type { Principal } from './principal.js'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
/** Whose token opens it; 'any' takes a client's or a queue's. */
export type Access = 'anonymous' | 'client' | 'queue' | 'any' | 'operator'
export type PrincipalFor<A extends Access> = A extends 'any'
  ? Extract<Principal, { kind: 'client' | 'queue' }>
  : Extract<Principal, { kind: A }>

export type Ask<A extends Access, Params, Query, Body> = {
  readonly principal: PrincipalFor<A>
  readonly params: Params
  readonly query: Query
  /** Undefined when the body came as message/mls. */
  readonly body: Body
  /** The raw body when its media type is message/mls (routes with `mls`), else undefined. */
  readonly mls: Uint8Array | undefined
  readonly command: CommandContext
  /** Of the connection, proxies considered: for rate limits only. */
  readonly address: string
  readonly header: (name: string) => string | undefined
}

/** What a handler answers. `position` becomes the body's `position` as a cursor. */
export type Reply =
  | Rejected
  | {
      readonly status: 200 | 201 | 202 | 204
      readonly body?: object
      readonly position?: Position
      readonly mls?: Uint8Array
      readonly bytes?: Uint8Array
      readonly headers?: { readonly [name: string]: string }
    }

export type RouteSpec<
  A extends Access = Access,
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
  readonly access: A
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** The body may come as message/mls instead (and JSON may be as large as an MLS route's). */
  readonly mls?: boolean
  /** The body may also be application/x-www-form-urlencoded, checked by the same schema (RFC 6749 token requests). */
  readonly form?: boolean
  readonly success: {
    readonly status: 200 | 201 | 202 | 204
    readonly body?: z.ZodType
    /** The success body is offered as message/mls when the client accepts that alone. */
    readonly mls?: boolean
    readonly bytes?: boolean
  }
  /** The codes beyond those that any route may answer. */
  readonly problems: readonly RejectionCode[]
  /** What the request costs, beyond what the assembler counts for every route. */
  readonly rates?: (
    ask: Ask<A, z.infer<P>, z.infer<Q>, z.infer<B>>,
  ) => readonly { readonly rate: RateName; readonly key: string }[]
  readonly answer: (ask: Ask<A, z.infer<P>, z.infer<Q>, z.infer<B>>) => Promise<Reply>
}

/** A route whose types are checked here and forgotten outside: the assembler calls it with what its own schemas parsed. */
export type Route = RouteSpec

export const route = <
  A extends Access,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(
  spec: RouteSpec<A, P, Q, B>,
): Route => spec as unknown as Route

export const refuse = (rejection: Rejection): Reply => ({ rejected: rejection })
