/** Times as people say them: the hour today, the day before. */

export const timeOf = (at: number, now = Date.now()): string => {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date(now).toDateString()
  return isToday
    ? date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : date.toLocaleDateString([], { day: 'numeric', month: 'short' })
}
