/** A list of the door, page by page to its end. */

type Page = { readonly next?: string | undefined }

type Asking = {
  /** What stands in the query of each page. */
  readonly wanted?: Readonly<Record<string, string>>
  /** The parameter that takes `next`. */
  readonly goesOn?: 'before' | 'after'
}

/** `ask` is given the query of the page, with its question mark. */
export async function* pagesOf<P extends Page>(
  ask: (query: string) => Promise<P>,
  { wanted = {}, goesOn = 'before' }: Asking = {},
): AsyncGenerator<P> {
  const query = new URLSearchParams(wanted)
  for (;;) {
    const text = query.toString()
    const page = await ask(text === '' ? '' : `?${text}`)
    yield page
    if (page.next === undefined) return
    query.set(goesOn, page.next)
  }
}
