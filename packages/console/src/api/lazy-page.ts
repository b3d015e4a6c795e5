import { lazyRouteComponent } from '@tanstack/react-router'
import { part } from './part.ts'

/** A page that is loaded when somebody goes to it. */
export const lazyPage = <M extends Record<string, unknown>, K extends keyof M & string>(
  load: () => Promise<M>,
  name: K,
) => lazyRouteComponent(part(load), name)
