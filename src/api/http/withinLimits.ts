/** Fields that a limit bounds, as it is at the moment: an operator may change it while the route stands. */
import { z } from 'zod'
import { described } from '../../contract/fields.js'
import type { Limits } from '../../limits/limits.js'

/** How many of a list are asked for. */
export const countUpTo = <Name extends keyof Limits>(limits: Pick<Limits, Name>, name: Name) =>
  described(
    z.coerce
      .number()
      .int()
      .min(1)
      .superRefine((count, context) => {
        const maximum: number = limits[name]
        if (count > maximum)
          context.addIssue({ code: 'too_big', origin: 'number', maximum, inclusive: true, input: count })
      }),
    'How many at most',
    100,
  ).meta({
    get maximum(): number {
      return limits[name]
    },
  })

/** The same of a page that is as long as it may be where nobody says how long. */
export const pageLimit = (limits: Pick<Limits, 'listPageMax'>) =>
  countUpTo(limits, 'listPageMax').default(() => limits.listPageMax)

const noLongerThan =
  <Name extends keyof Limits>(limits: Pick<Limits, Name>, name: Name, origin: 'string' | 'array') =>
  (input: string | readonly unknown[], context: z.RefinementCtx): void => {
    const maximum: number = limits[name]
    if (input.length > maximum) context.addIssue({ code: 'too_big', origin, maximum, inclusive: true, input })
  }

/** So many characters, or fewer. */
export const textUpTo = <Name extends keyof Limits>(limits: Pick<Limits, Name>, name: Name) =>
  z
    .string()
    .superRefine(noLongerThan(limits, name, 'string'))
    .meta({
      get maxLength(): number {
        return limits[name]
      },
    })

/** One or more, and no more than that. */
export const someUpTo = <Item extends z.ZodType, Name extends keyof Limits>(
  item: Item,
  limits: Pick<Limits, Name>,
  name: Name,
) =>
  z
    .array(item)
    .min(1)
    .superRefine(noLongerThan(limits, name, 'array'))
    .meta({
      get maxItems(): number {
        return limits[name]
      },
    })
