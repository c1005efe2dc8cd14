/** How much is new, on the icon of the page where a person installed it. */

/** Not every browser has one. */
export const showBadge = async (count: number): Promise<void> => {
  const { setAppBadge } = navigator as Partial<Pick<Navigator, 'setAppBadge'>>
  await setAppBadge?.call(navigator, count).catch(() => undefined)
}
