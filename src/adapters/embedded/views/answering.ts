/** What a thread of the read models answers where its work fails: how, and why. */
import { failureOf } from '../database.js'
import type { ViewFailure } from './viewMessages.js'

export const answering = <Answer>(work: () => Answer): Answer | ViewFailure => {
  try {
    return work()
  } catch (error) {
    return { failure: failureOf(error), reason: error instanceof Error ? error.message : String(error) }
  }
}
