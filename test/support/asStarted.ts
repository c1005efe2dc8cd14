/** What `npm start` and the image tell glibc, so that it gives back what was freed (docs/production.md, "Memory"). */

export const allocatorBounds = {
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '4194304',
} as const
