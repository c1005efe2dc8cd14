/** AbuseType has names for none of its numbers yet: ours are the categories of reports, from 1 on. */
import { reportCategory } from '../events/report.js'
import type { ReportCategory } from '../events/report.js'

export const reasonOf = (category: ReportCategory): number => reportCategory.options.indexOf(category) + 1

/** A number that we have no word for is another reason. */
export const categoryOf = (reason: number): ReportCategory => reportCategory.options[reason - 1] ?? 'other'
