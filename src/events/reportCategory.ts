/** What a message can be reported for: the one list, without its parser, so that the SDK has it too. */
export const reportCategories = [
  'spam',
  'harassment',
  'hate',
  'violence',
  'sexual',
  'childSafety',
  'selfHarm',
  'fraud',
  'other',
] as const
export type ReportCategory = (typeof reportCategories)[number]
