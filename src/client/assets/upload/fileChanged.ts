/** The file that is being sent is not what it was when it was read before: its size or its bytes are others. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged'
  constructor() {
    super('the file changed while it was being sent')
  }
}
