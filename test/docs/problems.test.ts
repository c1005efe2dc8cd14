/** docs/api.md lists every problem once, as the server answers it: status, code and fields. */
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { problems } from '#src/contract/problems.js'
import type { ProblemShape } from '#src/contract/problems.js'

const page = readFileSync(new URL('../../../../docs/api.md', import.meta.url), 'utf8')

/** A field as the page writes it: with a question mark where it may be left out. */
const shownField = ([name, field]: readonly [string, z.ZodType]): string =>
  field instanceof z.ZodOptional ? `\`${name}?\`` : `\`${name}\``

const rowOf = ([code, { status, title, fields }]: readonly [string, ProblemShape]): string =>
  `| ${String(status)} | \`${code}\` | ${Object.entries(fields as Record<string, z.ZodType>)
    .map(shownField)
    .join(', ')} | ${title} |`

describe('the page of the interface', () => {
  it('has every problem with its fields', () => {
    const shown = page.split('\n').filter((line) => /^\| \d{3} \| `/.test(line))
    const rows = Object.entries(problems as { readonly [code: string]: ProblemShape })
      .sort(([, a], [, b]) => a.status - b.status)
      .map(rowOf)
    expect(shown).to.deep.equal(rows)
  })
})
