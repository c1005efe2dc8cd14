/** Somebody is not who they should be: a certificate that leads nowhere, or to somebody else. Never retried. */

export class Untrusted extends Error {
  constructor(detail: string) {
    super(detail)
    this.name = 'Untrusted'
  }
}
