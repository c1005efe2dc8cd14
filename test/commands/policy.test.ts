/** What operators said of limits and maintenance: one sentence per rule. */
import { expect } from 'chai'
import { changeMaintenance, policyAggregate, resetLimit, setLimit, valuesSet } from '#src/commands/policy/policy.js'
import type { PolicyEvent } from '#src/events/policy.js'
import { given, start } from './given.js'

const name = 'groupMembersMax'
const set = (act: number, value: number): PolicyEvent => ({ type: 'LimitSet', data: { name, value, act } })
const reset = (act: number): PolicyEvent => ({ type: 'LimitReset', data: { name, act } })
const maintenance = (act: number, on: boolean): PolicyEvent => ({ type: 'MaintenanceChanged', data: { on, act } })

describe('a limit that an operator set', () => {
  it('is that of the later act, whichever was done first', () => {
    given(policyAggregate)
      .when(setLimit({ name, value: 5, act: 3 }))
      .then(set(3, 5))
    given(policyAggregate, [set(3, 5)])
      .when(setLimit({ name, value: 6, act: 2 }))
      .then()
    given(policyAggregate, [set(3, 5)])
      .when(setLimit({ name, value: 6, act: 3 }))
      .then()
    given(policyAggregate, [set(3, 5)])
      .when(setLimit({ name: 'usersBlockedMax', value: 6, act: 2 }))
      .then({ type: 'LimitSet', data: { name: 'usersBlockedMax', value: 6, act: 2 } })
  })

  it('is reset by a later act, and not set again by an older one', () => {
    given(policyAggregate, [set(3, 5)])
      .when(resetLimit({ name, act: 4 }))
      .then(reset(4))
    given(policyAggregate, [set(3, 5)])
      .when(resetLimit({ name, act: 2 }))
      .then()
    given(policyAggregate, [set(3, 5), reset(5)])
      .when(setLimit({ name, value: 9, act: 4 }))
      .then()
    expect(valuesSet(given(policyAggregate, [set(3, 5), reset(5)]).state)).to.deep.equal([])
    expect(valuesSet(given(policyAggregate, [set(3, 5), reset(5), set(6, 7)]).state)).to.deep.equal([[name, 7]])
  })

  it('may have any name, those of objects too', () => {
    given(policyAggregate)
      .when(setLimit({ name: 'constructor', value: 1, act: 1 }))
      .then({ type: 'LimitSet', data: { name: 'constructor', value: 1, act: 1 } })
  })
})

describe('maintenance', () => {
  it('is what the later act says, since it was said', () => {
    given(policyAggregate)
      .when(changeMaintenance({ on: true, act: 2 }))
      .then(maintenance(2, true))
    given(policyAggregate, [maintenance(2, true)])
      .when(changeMaintenance({ on: false, act: 1 }))
      .then()
    expect(given(policyAggregate, [maintenance(2, true), maintenance(3, false)]).state.maintenance).to.deep.equal({
      on: false,
      act: 3,
      since: start + 1,
    })
  })
})
