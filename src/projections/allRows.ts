/** All rows of a range, a page at a time: where there are as many as a person or a peer has, not as a server has. */
import type { KeyPart, Range, Row } from '../ports/readModels.js'

const pageRows = 500

/** `behind`: a row's fields after the prefix, by which the index goes on. */
export const allRows = async (
  model: { readonly range: (range: Range) => Promise<readonly Row[]> },
  range: Omit<Range, 'limit' | 'descending'>,
  behind: (row: Row) => readonly KeyPart[],
): Promise<readonly Row[]> => {
  const found: Row[] = []
  for (;;) {
    const last = found.at(-1)
    const after = last === undefined ? {} : { after: behind(last) }
    const page = await model.range({ ...range, ...after, limit: pageRows })
    found.push(...page)
    if (page.length < pageRows) return found
  }
}
