/**
 * The policy that operators change while servers run, as this process holds it: objects that every room is given at the start,
 * whose values change. Reading one costs what reading a field costs.
 */
import { policyAggregate, valuesSet } from '../commands/policy/policy.js'
import type { PolicyState } from '../commands/policy/policy.js'
import { policyStream } from '../events/policy.js'
import { amountsWith } from '../limits/inForce.js'
import type { Amounts } from '../limits/inForce.js'
import type { Clock } from '../ports/clock.js'
import type { Batch, EventStore } from '../ports/eventStore.js'
import type { Logger } from '../ports/logger.js'
import type { Streams } from '../streams/streams.js'

export type PolicyInForce = Amounts & {
  /** As the settings have them: what a reset goes back to. */
  readonly settings: Amounts
  /** Whether clients and peers only read now. */
  readonly maintenance: () => boolean
  /** Another number whenever anything of it has changed: for what is made of it and kept. */
  readonly edition: () => number
  /** The policy as the log has it now, which holds here from then on. Throws StoreUnavailable. */
  readonly refresh: () => Promise<PolicyState>
  /** Refreshes whenever what is followed shows a change of it: hands on the batches as they come. */
  readonly watching: (batches: AsyncIterable<Batch>, signal: AbortSignal) => AsyncIterable<Batch>
}

export type PolicyWorld = {
  readonly streams: Pick<Streams, 'read'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Filled once before anybody may ask. */
export const holdPolicy = async (settings: Amounts, world: PolicyWorld): Promise<PolicyInForce> => {
  const limits = { ...settings.limits }
  const rates = { ...settings.rates }
  let maintenance = false
  let revision = -1
  let edition = 0

  const hold = (state: PolicyState, at: number): void => {
    // Of two that were read at the same time the older one may come last.
    if (at <= revision) return
    revision = at
    const amounts = amountsWith(settings, valuesSet(state))
    Object.assign(limits, amounts.limits)
    Object.assign(rates, amounts.rates)
    maintenance = state.maintenance?.on === true
    edition++
  }

  const refresh = async (): Promise<PolicyState> => {
    const { state, revision: at } = await world.streams.read(policyAggregate, policyStream)
    hold(state, at)
    return state
  }

  const refreshSurely = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      try {
        await refresh()
        return
      } catch (error) {
        world.logger.warn('the policy is not read, trying again', { error: String(error) })
        await world.clock.sleep(againMs, signal)
      }
    }
  }

  await refresh()
  return {
    limits,
    rates,
    settings,
    maintenance: () => maintenance,
    edition: () => edition,
    refresh,
    watching: (batches, signal) => whenShown(batches, () => void refreshSurely(signal)),
  }
}

const againMs = 1_000

async function* whenShown(batches: AsyncIterable<Batch>, changed: () => void): AsyncIterable<Batch> {
  for await (const batch of batches) {
    if (batch.events.some(({ stream }) => stream === policyStream)) changed()
    yield batch
  }
}

/** The log whose followers see to it that the policy here is that of the log. */
export const followedWith = (
  events: Pick<EventStore, 'follow'>,
  { watching }: Pick<PolicyInForce, 'watching'>,
): Pick<EventStore, 'follow'> => ({
  follow: (options) => watching(events.follow(options), options.signal),
})
