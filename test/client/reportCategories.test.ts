/** What the SDK lets people say of a message is what the server takes: the SDK cannot have the server's list, which is a parser. */
import { expect } from 'chai'
import { reportCategories } from '#src/client/api/reports.js'
import { categoryField } from '#src/contract/reports.js'

describe('the categories of reports', () => {
  it('are those that the server takes', () => {
    expect(reportCategories).to.deep.equal(categoryField.options)
  })
})
