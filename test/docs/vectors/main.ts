/** `npm run vectors`: writes docs/vectors anew. What comes out is the same each time; a change in it is a change of the wire. */
import { writeFileSync } from 'node:fs'
import { allVectors } from './allVectors.js'
import { vectorFile, vectorText } from './vectorFile.js'

for (const [name, vectors] of Object.entries(await allVectors())) writeFileSync(vectorFile(name), vectorText(vectors))
