/** Sizes as people say them. */

export const sizeOf = (bytes: number): string => {
  if (bytes < 1_000) return `${bytes} bytes`
  const [unit, one] = bytes < 999_500 ? (['kB', 1_000] as const) : (['MB', 1_000_000] as const)
  return `${(bytes / one).toFixed(bytes / one < 10 && unit === 'MB' ? 1 : 0)} ${unit}`
}
