/** One question for all figures that are collected together, and no figures while the stores are away: the rest is wanted most then. */
export const askedTogether = <Metric>(ask: () => Promise<readonly Metric[]>): (() => Promise<readonly Metric[]>) => {
  let asked: Promise<readonly Metric[]> | undefined
  return () =>
    (asked ??= ask()
      .catch(() => [])
      .finally(() => (asked = undefined)))
}
