/** How `npm start` and the image start the server (docs/production.md, "Memory"). */

/** Told to glibc, so that it gives back what was freed. */
export const allocatorBounds = {
  MALLOC_MMAP_THRESHOLD_: '131072',
  MALLOC_TRIM_THRESHOLD_: '4194304',
} as const

/** Told to Node: what a request leaves behind dies young, where collecting it costs least. */
export const nodeFlags = ['--max-semi-space-size=32'] as const
