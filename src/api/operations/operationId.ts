/** How a route is called in programs: by its method and the words of its path. */
import type { RouteShape } from '../http/route.js'

export const operationId = ({ method, path }: Pick<RouteShape, 'method' | 'path'>): string =>
  method +
  path
    .replace('/v1', '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
    .map(pascalOf)
    .join('')

export const pascalOf = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

/** How the body of its request or answer is called, where that has no name of its own. */
export const nameOfBody = (
  route: Pick<RouteShape, 'method' | 'path' | 'summary'>,
  which: 'Request' | 'Answer',
): { readonly title: string; readonly description: string } => ({
  title: `${pascalOf(operationId(route))}${which}`,
  description: `${which} of: ${route.summary}`,
})
