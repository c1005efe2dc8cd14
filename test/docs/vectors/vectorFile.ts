/** The files of docs/vectors. */
import { readFileSync } from 'node:fs'

export const vectorFile = (name: string): URL => new URL(`../../../../../docs/vectors/${name}.json`, import.meta.url)
export const vectorText = (vectors: object): string => `${JSON.stringify(vectors, undefined, 2)}\n`
export const vectorsIn = (name: string): unknown => JSON.parse(readFileSync(vectorFile(name), 'utf8'))
