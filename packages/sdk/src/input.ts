import type { Route } from '@mason/contract/route'
import type { Static, TSchema } from 'typebox'

type Params<R extends Route> = R['schema'] extends { params: infer S extends TSchema } ? Static<S> : unknown
type Query<R extends Route> = R['schema'] extends { querystring: infer S extends TSchema } ? Static<S> : unknown

type WithDefaultFleet<P> = Omit<P, 'fleet'> & Partial<Pick<P, 'fleet' & keyof P>>

type KeysOf<T> = T extends unknown ? keyof T : never
type FlatOrWhole<B, Taken> = [KeysOf<B> & Taken] extends [never] ? (B & { body?: never }) | { body: B } : { body: B }
type Body<R extends Route> = R['schema'] extends { body: infer S extends TSchema }
  ? FlatOrWhole<Static<S>, keyof Params<R> | keyof Query<R> | 'body'>
  : unknown

/**
 * The input of a route: its path parameters (`fleet` is `default` unless given), query and body members in one flat object.
 * `body` may hold the whole body instead, and must if a body member has the name of a parameter.
 */
export type Input<R extends Route> = WithDefaultFleet<Params<R>> & Query<R> & Body<R>

/** The answer of a route: the body of its status 200. */
export type Answer<R extends Route> = R['schema']['response'] extends { 200: infer S extends TSchema }
  ? Static<S>
  : unknown

/** A route that answers in pages. */
export type PagedRoute = Route & {
  readonly schema: {
    readonly response: { readonly 200: { readonly properties: { readonly data: unknown; readonly nextPage: unknown } } }
  }
}

/** An item of the pages of a paged route. */
export type Item<R extends Route> = Answer<R> extends { data: readonly (infer I)[] } ? I : never
