/** The name of a file of somebody else's, as it may be shown and written. */

const charactersMax = 200

/** Its last part, without what cannot be seen, turns its reading around or begins hidden; `file` where nothing is left. */
export const fileNameIn = (said: string): string => {
  const last = said.split(/[\\/]/).at(-1) ?? ''
  const visible = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}:*?"<>|]/gu, '').replace(/^[. ]+|[. ]+$/g, '')
  return visible === '' ? 'file' : shortened(visible)
}

/** What stands behind the last dot says what it is, and stays. */
const shortened = (name: string): string => {
  if (name.length <= charactersMax) return name
  const extension = /\.[^.]{1,16}$/.exec(name)?.[0] ?? ''
  return Array.from(name)
    .slice(0, charactersMax - extension.length)
    .join('')
    .concat(extension)
}
