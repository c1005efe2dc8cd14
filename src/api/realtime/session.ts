/** One websocket from its first frame to its last: what each frame asks for, and of which part. */
import type { ClientId } from '../../mls/wire/ids.js'
import type { Limits } from '../../limits/limits.js'
import type { Rejected, Rejection } from '../../streams/rejection.js'
import { rejectionOfError } from '../http/problems.js'
import type { Principal } from '../principal.js'
import type { FrameWriter } from './frameWriter.js'
import { makeOpenQueues } from './openQueues.js'
import type { OpenQueuesDependencies } from './openQueues.js'
import { makeSends } from './sends.js'
import type { SendsDependencies } from './sends.js'
import { makeSignals } from './signals.js'
import type { SignalsDependencies } from './signals.js'
import { makeSpeech } from './speech.js'
import { makeVoices } from './voices.js'
import type { Voice } from './voices.js'
import { closeCodes } from './websocketFrames.js'
import type { BinarySend, ClientFrame, CloseCode, RefusedFrame } from './websocketFrames.js'

export type SessionDependencies = OpenQueuesDependencies &
  SendsDependencies &
  SignalsDependencies & {
    readonly authenticate: (token: string) => Promise<Principal | Rejected>
    /** Why nothing is sent now, by whomever. */
    readonly holdsCommands?: () => Rejected | undefined
    readonly limits: Limits
  }

export type Connection = {
  readonly writer: FrameWriter
  readonly close: (code: CloseCode) => void
  readonly requestId: string
}

/** A frame as it was read, or why it is none. */
export type FrameIn = ClientFrame | BinarySend | RefusedFrame

export type Session = {
  /** Takes one frame; frames are taken one after another, sends run on their own while there is room for them. */
  readonly take: (frame: FrameIn) => Promise<void>
  /** Whether anybody was authenticated. */
  readonly isKnown: () => boolean
  readonly speaksFor: (client: ClientId) => boolean
  /** Says what was wrong with a frame that was not even read. */
  readonly complain: (rejection: Rejection) => void
  /** Asks again about every token; closes when one has expired or its holder is gone. */
  readonly renew: () => Promise<void>
  /** The connection is over. */
  readonly end: () => void
}

/** `greeting`: the token of the handshake, if it brought one. */
export const makeSession = (
  deps: SessionDependencies,
  connection: Connection,
  greeting: Voice | undefined,
): Session => {
  const { logger, limits } = deps
  const { writer, requestId, close } = connection
  const speech = makeSpeech(writer, {
    requestId,
    unsentBytesMax: 2 * limits.websocketUnsentBytesMax,
    tooSlow: () => {
      close(closeCodes.tooSlow)
    },
  })
  const voices = makeVoices(deps.authenticate)
  if (greeting !== undefined) voices.greet(greeting)
  const queues = makeOpenQueues(deps, { writer, speech, close })

  const failed = (error: unknown): void => {
    logger.error('websocket failed', { requestId, error: error instanceof Error ? (error.stack ?? '') : String(error) })
    close(closeCodes.internal)
  }
  const send = makeSends(deps, { requestId, speech, client: voices.client, failed })
  const signal = makeSignals(deps, { speech, client: voices.client, failed })

  const turnAway = (rejection: Rejection): void => {
    speech.complain(rejection)
    close(closeCodes.notAuthenticated)
  }

  const hear = async (token: string): Promise<Principal | undefined> => {
    const principal = await voices.hear(token)
    if (!('rejected' in principal)) return principal
    turnAway(principal.rejected)
    return undefined
  }

  const open = async (frame: Extract<ClientFrame, { type: 'open' }>): Promise<Rejected | undefined> => {
    const token = frame.token ?? greeting?.token
    if (token === undefined) {
      turnAway({ code: 'not-authenticated', detail: 'an open needs a token' })
      return undefined
    }
    const principal = await hear(token)
    return principal === undefined ? undefined : queues.open(principal, frame)
  }

  /** What the frame is refused for; sends are answered on their own. */
  const takeFrame = async (frame: FrameIn): Promise<RefusedFrame | undefined> => {
    if ('rejected' in frame) return frame
    const held = isSent(frame) ? deps.holdsCommands?.() : undefined
    if (held !== undefined) return { ...held, ...('id' in frame && frame.id !== undefined ? { id: frame.id } : {}) }
    switch (frame.type) {
      case 'open':
        return open(frame)
      case 'acknowledge':
        return queues.acknowledge(frame)
      case 'send':
        await send(frame)
        return undefined
      case 'binarySend':
        await send({ ...frame, group: undefined })
        return undefined
      case 'signal':
        signal(frame)
        return undefined
      case 'token':
        await hear(frame.token)
        return undefined
    }
  }

  return {
    take: async (frame) => {
      try {
        const refused = await takeFrame(frame)
        if (refused !== undefined) speech.complain(refused.rejected, refused.id)
      } catch (error) {
        const rejection = rejectionOfError(error)
        if (rejection === undefined) failed(error)
        else speech.complain(rejection)
      }
    },
    isKnown: voices.isAnybody,
    complain: speech.complain,
    speaksFor: (client) => voices.client()?.client === client,
    renew: async () => {
      const refused = await voices.renew()
      if (refused === undefined) return
      logger.debug('a token holds no longer', { requestId })
      turnAway(refused.rejected)
    },
    end: queues.end,
  }
}

/** Reading, and saying how far, goes on while commands are held. */
const isSent = ({ type }: ClientFrame | BinarySend): boolean =>
  type === 'send' || type === 'binarySend' || type === 'signal'
