/** Text and times of somebody else's, which move no terminal and stop no command. */

export const printable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')

/** In quotation marks, which it cannot end: JSON alone leaves the control characters from U+007F on. */
export const quoted = (text: string): string => printable(JSON.stringify(text))

/** As far from 1970 as a date can be, ms either way. */
const dateMax = 8.64e15

/** ms since 1970 as ISO 8601; as the number it is where that is no date. */
export const when = (at: number): string => (Math.abs(at) <= dateMax ? new Date(at).toISOString() : String(at))
