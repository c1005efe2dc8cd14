/** Something answers at that address, and it is no MLS homeserver. */

export class NotAHomeserver extends Error {
  constructor(server: string, status: number) {
    super(`${server} answers (with HTTP status ${status}), and is no MLS homeserver: check host, port and path`)
    this.name = 'NotAHomeserver'
  }
}
