/** The name of a file of somebody else's, as it may be shown and written. */

/** In UTF-8: what every file system takes, with room for what a program puts behind it. */
const bytesMax = 200

/** Its last part, without what cannot be seen, turns its reading around or begins hidden; `file` where nothing is left. */
export const fileNameIn = (said: string): string => {
  const last = said.split(/[\\/]/).at(-1) ?? ''
  const visible = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}:*?"<>|]/gu, '').replace(/^[. ]+|[. ]+$/g, '')
  return visible === '' ? 'file' : shortened(visible)
}

/** What stands behind the last dot says what it is, and stays; no character is cut in two. */
const shortened = (name: string): string => {
  if (bytesIn(name) <= bytesMax) return name
  const extension = /\.[^.]{1,16}$/.exec(name)?.[0] ?? ''
  let [begin, left] = ['', bytesMax - bytesIn(extension)]
  for (const character of name) {
    left -= bytesIn(character)
    if (left < 0) break
    begin += character
  }
  return begin + extension
}

const bytesIn = (text: string): number => new TextEncoder().encode(text).length
