/** AbuseType has names for none of its numbers yet: ours are the categories of reports, from 1 on. */
import { reportCategories } from '../events/reportCategory.js'
import type { ReportCategory } from '../events/reportCategory.js'

export const reasonOf = (category: ReportCategory): number => reportCategories.indexOf(category) + 1

/** A number that we have no word for is another reason. */
export const categoryOf = (reason: number): ReportCategory => reportCategories[reason - 1] ?? 'other'
