/** How many rows of a list an operator asks for. */
import { z } from 'zod'
import { described } from '../../contract/fields.js'
import type { Limits } from '../../limits/limits.js'

export const pageLimit = ({ listPageMax }: Limits) =>
  described(z.coerce.number().int().min(1).max(listPageMax), 'How many at most', 100).default(listPageMax)
