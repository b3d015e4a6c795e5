/** A page as the API answers it. */
export interface Page<I> {
  data: readonly I[]
  nextPage?: string
}

/**
 * Walks a paged list item by item. A page is fetched only when its first item is asked for.
 *
 * @param fetchPage fetches the page after a page key; from the start without one. Source: contract §1.
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
