/** A list of the door, page by page to its end. */

type Page = { readonly next?: string | undefined }

/** `ask` is given the query of the page. */
export async function* pagesOf<P extends Page>(ask: (query: string) => Promise<P>): AsyncGenerator<P> {
  let page = await ask('')
  yield page
  while (page.next !== undefined) {
    page = await ask(`?before=${encodeURIComponent(page.next)}`)
    yield page
  }
}
