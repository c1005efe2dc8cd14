/** A file that came is not the one that was sent: cut, put together anew, changed, or of another key. */
export class Damaged extends Error {
  override readonly name = 'Damaged'
  constructor(what: string) {
    super(`the file is not what was sent: ${what}`)
  }
}
