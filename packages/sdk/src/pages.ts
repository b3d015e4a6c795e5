/** A page as the API answers it. Source: docs/contract.md §1. */
export interface Page<I> {
  data: readonly I[]
  nextPage?: string
}

/**
 * Iterates over the items of a paged list. A page is fetched only when its first item is needed.
 *
 * @param fetchPage fetches the page after a page key, or the first page without one.
 * @param start the page key to start after; undefined for the first page.
 * @throws as `fetchPage` does. Source: docs/contract.md §1.
 */
export async function* walkPages<I>(
  fetchPage: (after: string | undefined) => Promise<Page<I>>,
  start: string | undefined,
): AsyncGenerator<I, void, undefined> {
  let after = start
  do {
    const page: Page<I> = await fetchPage(after)
    yield* page.data
    after = page.nextPage
  } while (after !== undefined)
}
