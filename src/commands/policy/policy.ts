/** How much operators let through, and whether anything is written: what they said last, by name. */
import { parsePolicyEvent, policyShapes } from '../../events/policy.js'
import type { LimitValue, PolicyEvent } from '../../events/policy.js'
import { accept } from '../../streams/decider.js'
import type { Aggregate, Decider } from '../../streams/decider.js'

/** `act`: the number of the newest act about it. Without a value it was set and is not any more. */
export type SaidOfLimit = { readonly act: number; readonly value?: LimitValue | undefined }

/** `since`: when that was said, ms. */
export type Maintenance = { readonly on: boolean; readonly act: number; readonly since: number }

export type PolicyState = {
  readonly limits: { readonly [name: string]: SaidOfLimit }
  readonly maintenance?: Maintenance | undefined
}

export type SetLimit = { readonly name: string; readonly value: LimitValue; readonly act: number }

/** Whether the value may be is asked before it is on record (limits/ranges.ts). */
export const setLimit: Decider<SetLimit, PolicyState, PolicyEvent> = (data) => (state) =>
  data.act > actOf(state, data.name) ? accept({ type: 'LimitSet', data }) : accept()

export type ResetLimit = { readonly name: string; readonly act: number }

export const resetLimit: Decider<ResetLimit, PolicyState, PolicyEvent> = (data) => (state) =>
  data.act > actOf(state, data.name) ? accept({ type: 'LimitReset', data }) : accept()

export type ChangeMaintenance = { readonly on: boolean; readonly act: number }

export const changeMaintenance: Decider<ChangeMaintenance, PolicyState, PolicyEvent> = (data) => (state) =>
  data.act > (state.maintenance?.act ?? 0) ? accept({ type: 'MaintenanceChanged', data }) : accept()

const actOf = ({ limits }: PolicyState, name: string): number =>
  Object.hasOwn(limits, name) ? (limits[name]?.act ?? 0) : 0

/** What was set and is still so. */
export const valuesSet = ({ limits }: PolicyState): readonly (readonly [string, LimitValue])[] =>
  Object.entries(limits).flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value] as const]))

export const policyAggregate: Aggregate<PolicyState, PolicyEvent> = {
  name: 'policy',
  initial: { limits: {} },
  shapes: policyShapes,
  parse: parsePolicyEvent,
  evolve: (state, event, { at }) => {
    switch (event.type) {
      case 'LimitSet': {
        const { name, value, act } = event.data
        return { ...state, limits: { ...state.limits, [name]: { value, act } } }
      }
      case 'LimitReset': {
        const { name, act } = event.data
        return { ...state, limits: { ...state.limits, [name]: { act } } }
      }
      case 'MaintenanceChanged':
        return { ...state, maintenance: { ...event.data, since: at } }
    }
  },
  weigh: ({ limits }) => 300 + 120 * Object.keys(limits).length,
}
