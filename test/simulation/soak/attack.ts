/** One kind of attack, over and over, and what the server may say to it. */
import type { Seeded } from '../../ports/seeded.js'
import type { Armed } from './armed.js'
import type { Ask } from '../../faults/byHand.js'
import type { RealHouse, ServedHere } from '../../faults/house.js'

/** Where an attack takes place. */
export type Ground = {
  readonly house: RealHouse<ServedHere>
  readonly port: number
  /** HTTP from the attackers' own address, which is counted. */
  readonly ask: Ask
  readonly random: Seeded
  /** A registered attacker, its token still good. */
  readonly attacker: () => Armed
  /** All is over: whoever holds on lets go. */
  readonly signal: AbortSignal
}

export type Attack = {
  readonly name: string
  /** Between the beginnings of two, ms, on average: an attack that takes longer goes on beside the next. */
  readonly everyMs: number
  /** Anything else that the server answers is a fault of its own. */
  readonly answers: RegExp
  /** Answers what was heard: statuses, close codes, `cut` where the server ended it, `left` where the attacker did. */
  readonly run: (ground: Ground) => Promise<readonly string[]>
}

/** The attackers' address: not the one by which a server knows its own machine. */
export const attackersAddress = '127.0.0.66'
