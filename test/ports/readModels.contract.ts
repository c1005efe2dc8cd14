/** What every store of read models must do. Servers keep their data between tests, so schemas get fresh names. */
import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import type { Change, KeyPart, Range, ReadModel, ReadModels, Row, Schema } from '#src/ports/readModels.js'
import { origin, toPosition } from '#src/ports/position.js'
import { seeded, type Seeded } from './seeded.js'

export type OpenedReadModels = {
  readonly readModels: ReadModels
  /** Closes the store and opens the same tables again; left out where they do not outlive their store. */
  readonly reopen?: () => Promise<ReadModels>
  /** Lets go of everything, the reopened store included. */
  readonly close: () => Promise<void>
}

const tables: Schema['tables'] = {
  members: { key: ['group', 'leaf'], indexes: { byQueue: ['queue', 'from'], byName: ['name'] } },
  users: { key: ['user'], indexes: { byHandle: ['handle'] } },
}

export const readModelsContract = (name: string, open: () => Promise<OpenedReadModels>): void => {
  describe(`read models, kept by ${name}`, () => {
    let opened: OpenedReadModels
    let readModels: ReadModels
    let schema: Schema
    let model: ReadModel
    let at: number
    beforeEach(async () => {
      opened = await open()
      readModels = opened.readModels
      schema = { name: `contract${randomUUID().replaceAll('-', '')}`, version: 1, tables }
      model = await readModels.open(schema, 'log-1')
      at = 0
    })
    afterEach(async () => {
      await opened.close()
    })
    const apply = async (...changes: Change[]): Promise<void> => {
      expect(await model.apply(changes, toPosition(at + 1), toPosition(at))).to.equal('applied')
      at++
    }
    const put = (table: string, ...rows: Row[]): Promise<void> =>
      apply(...rows.map((row): Change => ({ table, put: row })))
    const range = async (asked: Omit<Range, 'prefix' | 'limit'> & Partial<Range>): Promise<readonly Row[]> =>
      model.range({ prefix: [], limit: 1_000, ...asked })

    describe('rows', () => {
      const row: Row = {
        user: 'ana',
        handle: 'ana.1',
        nested: { list: [1, 'two', null, true, { three: 3.5 }], empty: {} },
        text: 'é漢😀"\\\u0000\u2028',
        $set: 'an operator',
        'a.b': 1,
      }

      it('come back as they were put', async () => {
        await put('users', row)
        expect(await model.get('users', ['ana'])).to.deep.equal(row)
        expect(await model.get('users', ['ben'])).to.equal(undefined)
      })

      it('may hold __proto__ as a field like any other', async () => {
        const hostile = JSON.parse('{ "user": "eve", "__proto__": { "admin": true } }') as Row
        await put('users', hostile)
        const back = await model.get('users', ['eve'])
        expect(JSON.stringify(back)).to.equal(JSON.stringify(hostile))
        expect((back as { admin?: unknown }).admin).to.equal(undefined)
      })

      it('are replaced as a whole, and move in the indexes', async () => {
        await put('users', row)
        await put('users', { user: 'ana', handle: 'zoe' })
        expect(await model.get('users', ['ana'])).to.deep.equal({ user: 'ana', handle: 'zoe' })
        expect(await range({ table: 'users', index: 'byHandle', prefix: ['ana.1'] })).to.deep.equal([])
        expect(await range({ table: 'users', index: 'byHandle', prefix: ['zoe'] })).to.have.length(1)
      })

      it('are removed, whether there or not, and may come again', async () => {
        await put('users', row)
        await apply({ table: 'users', remove: ['ana'] }, { table: 'users', remove: ['nobody'] })
        expect(await model.get('users', ['ana'])).to.equal(undefined)
        expect(await range({ table: 'users', index: 'key' })).to.deep.equal([])
        expect(await range({ table: 'users', index: 'byHandle' })).to.deep.equal([])
        await put('users', row)
        expect(await model.get('users', ['ana'])).to.deep.equal(row)
        expect(await range({ table: 'users', index: 'byHandle' })).to.deep.equal([row])
      })

      it('are found by composite keys, numbers and strings apart', async () => {
        await put('members', { group: 'g', leaf: 1 }, { group: 'g', leaf: '1' }, { group: 'h', leaf: 1 })
        expect(await model.get('members', ['g', 1])).to.deep.equal({ group: 'g', leaf: 1 })
        expect(await model.get('members', ['g', '1'])).to.deep.equal({ group: 'g', leaf: '1' })
        expect(await model.get('members', ['g', 2])).to.equal(undefined)
        expect(await model.get('members', ['', 0])).to.equal(undefined)
      })

      it('keep composite keys apart whatever stands in their parts', async () => {
        const keys: KeyPart[][] = [
          ['a', 'b:c'],
          ['a:b', 'c'],
          ['a\u0000b', 'c'],
          ['a', 'b\u0000c'],
          ['a"', ',"b'],
          ['', ''],
          ['["a"]', 'b'],
        ]
        await put('members', ...keys.map(([group, leaf]) => ({ group: group!, leaf: leaf! })))
        for (const [group, leaf] of keys)
          expect(await model.get('members', [group!, leaf!])).to.include({ group, leaf })
        expect(await range({ table: 'members', index: 'key' })).to.have.length(keys.length)
      })

      it('are read many at once, in the order asked', async () => {
        await put('members', { group: 'g', leaf: 0 }, { group: 'g', leaf: 1 }, { group: 'h', leaf: 0 })
        const rows = await model.getMany('members', [
          ['h', 0],
          ['g', 7],
          ['g', 1],
          ['h', 0],
        ])
        expect(rows).to.deep.equal([
          { group: 'h', leaf: 0 },
          undefined,
          { group: 'g', leaf: 1 },
          { group: 'h', leaf: 0 },
        ])
        expect(await model.getMany('members', [])).to.deep.equal([])
      })

      it('share no objects with the caller', async () => {
        const list = ['a']
        await put('users', { user: 'ana', list })
        list.push('b')
        expect(await model.get('users', ['ana'])).to.deep.equal({ user: 'ana', list: ['a'] })
      })

      it('hold the largest and smallest safe integers in keys', async () => {
        const [least, most] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
        await put('members', { group: 'g', leaf: most }, { group: 'g', leaf: least }, { group: 'g', leaf: 0 })
        const rows = await range({ table: 'members', index: 'key', prefix: ['g'] })
        expect(rows.map(({ leaf }) => leaf)).to.deep.equal([least, 0, most])
      })
    })

    describe('ranges', () => {
      const leaves = (...values: KeyPart[]): Row[] => values.map((leaf) => ({ group: 'g', leaf }))
      const leavesOf = async (asked: Partial<Range>): Promise<unknown[]> =>
        (await range({ table: 'members', index: 'key', prefix: ['g'], ...asked })).map(({ leaf }) => leaf)

      it('are empty where nothing is', async () => {
        expect(await range({ table: 'members', index: 'key' })).to.deep.equal([])
        expect(await range({ table: 'members', index: 'byQueue', prefix: ['q'], after: [1] })).to.deep.equal([])
      })

      it('lie above `after`, up to and with `upTo`, at most `limit`, from either end', async () => {
        await put('members', ...leaves(5, 1, 9, 3, 7), { group: 'f', leaf: 4 }, { group: 'h', leaf: 4 })
        expect(await leavesOf({})).to.deep.equal([1, 3, 5, 7, 9])
        expect(await leavesOf({ after: [3] })).to.deep.equal([5, 7, 9])
        expect(await leavesOf({ upTo: [7] })).to.deep.equal([1, 3, 5, 7])
        expect(await leavesOf({ after: [1], upTo: [6] })).to.deep.equal([3, 5])
        expect(await leavesOf({ after: [9] })).to.deep.equal([])
        expect(await leavesOf({ after: [5], upTo: [5] })).to.deep.equal([])
        expect(await leavesOf({ limit: 2 })).to.deep.equal([1, 3])
        expect(await leavesOf({ descending: true })).to.deep.equal([9, 7, 5, 3, 1])
        expect(await leavesOf({ descending: true, limit: 2, upTo: [7] })).to.deep.equal([7, 5])
        expect(await leavesOf({ descending: true, after: [3], limit: 10 })).to.deep.equal([9, 7, 5])
      })

      it('put numbers before strings, numbers by size, strings by code point', async () => {
        const inOrder = [-2, 0, 2, 10, '', '10', '2', 'A', 'Z', 'a', 'ab', 'b', 'é', '\uffee', '😀']
        await put('members', ...leaves(...inOrder.toReversed()))
        expect(await leavesOf({})).to.deep.equal(inOrder)
        expect(await leavesOf({ descending: true })).to.deep.equal(inOrder.toReversed())
        expect(await leavesOf({ after: ['\uffee'] })).to.deep.equal(['😀'])
        expect(await leavesOf({ after: [10], upTo: ['2'] })).to.deep.equal(['', '10', '2'])
        expect(await leavesOf({ upTo: [10] })).to.deep.equal([-2, 0, 2, 10])
      })

      it('take whole prefixes as equal values', async () => {
        await put('members', ...leaves(1, 2), { group: 'ga', leaf: 1 }, { group: 'G', leaf: 1 })
        expect(await leavesOf({})).to.deep.equal([1, 2])
        expect(await leavesOf({ prefix: ['g', 2] })).to.deep.equal([2])
        expect(await leavesOf({ prefix: ['g', '2'] })).to.deep.equal([])
        expect(await range({ table: 'members', index: 'key' })).to.have.length(4)
      })

      it('compare several fields from left to right', async () => {
        const pairs: [string, number][] = [
          ['a', 1],
          ['a', 5],
          ['b', 0],
          ['b', 7],
          ['c', 2],
        ]
        await put('members', ...pairs.map(([group, leaf]) => ({ group, leaf })))
        const pairsOf = async (asked: Partial<Range>) =>
          (await range({ table: 'members', index: 'key', ...asked })).map(({ group, leaf }) => [group, leaf])
        expect(await pairsOf({ after: ['a', 1] })).to.deep.equal(pairs.slice(1))
        expect(await pairsOf({ after: ['a'] })).to.deep.equal(pairs.slice(2))
        expect(await pairsOf({ upTo: ['b', 0] })).to.deep.equal(pairs.slice(0, 3))
        expect(await pairsOf({ upTo: ['b'] })).to.deep.equal(pairs.slice(0, 4))
        expect(await pairsOf({ after: ['a', 3], upTo: ['b'] })).to.deep.equal(pairs.slice(1, 4))
      })

      it('over an index go on by the key where its fields are equal', async () => {
        await put(
          'members',
          { group: 'b', leaf: 1, queue: 'q', from: 5 },
          { group: 'a', leaf: 2, queue: 'q', from: 5 },
          { group: 'a', leaf: 1, queue: 'q', from: 5 },
          { group: 'z', leaf: 1, queue: 'q', from: 4 },
          { group: 'a', leaf: 9, queue: 'p', from: 5 },
        )
        const found = async (asked: Partial<Range>) =>
          (await range({ table: 'members', index: 'byQueue', prefix: ['q'], ...asked })).map(
            ({ from, group, leaf }) => `${JSON.stringify(from)} ${JSON.stringify(group)} ${JSON.stringify(leaf)}`,
          )
        expect(await found({})).to.deep.equal(['4 "z" 1', '5 "a" 1', '5 "a" 2', '5 "b" 1'])
        expect(await found({ prefix: ['q', 5] })).to.deep.equal(['5 "a" 1', '5 "a" 2', '5 "b" 1'])
        expect(await found({ after: [4] })).to.deep.equal(['5 "a" 1', '5 "a" 2', '5 "b" 1'])
        expect(await found({ after: [5, 'a', 1] })).to.deep.equal(['5 "a" 2', '5 "b" 1'])
        expect(await found({ prefix: ['q', 5], after: ['a', 1], upTo: ['a'] })).to.deep.equal(['5 "a" 2'])
        expect(await found({ descending: true, limit: 2 })).to.deep.equal(['5 "b" 1', '5 "a" 2'])
      })

      it('over an index hold no row that lacks one of its fields', async () => {
        await put(
          'members',
          { group: 'g', leaf: 1, queue: 'q', from: 1 },
          { group: 'g', leaf: 2, queue: 'q' },
          { group: 'g', leaf: 3, from: 3 },
          { group: 'g', leaf: 4, name: 'n' },
        )
        const leavesIn = async (index: string) => (await range({ table: 'members', index })).map(({ leaf }) => leaf)
        expect(await leavesIn('byQueue')).to.deep.equal([1])
        expect(await leavesIn('byName')).to.deep.equal([4])
        expect(await leavesIn('key')).to.deep.equal([1, 2, 3, 4])
        await put('members', { group: 'g', leaf: 1, name: 'm' }, { group: 'g', leaf: 2, queue: 'q', from: 0 })
        expect(await leavesIn('byQueue')).to.deep.equal([2])
        expect(await leavesIn('byName')).to.deep.equal([1, 4])
      })

      it('page through an index without loss or repetition', async () => {
        await put('members', ...Array.from({ length: 50 }, (_, leaf) => ({ group: 'g', leaf, name: `n${leaf % 4}` })))
        const seen: unknown[] = []
        let after: readonly KeyPart[] | undefined
        for (;;) {
          const page = await range({
            table: 'members',
            index: 'byName',
            limit: 7,
            ...(after === undefined ? {} : { after }),
          })
          seen.push(...page.map(({ leaf }) => leaf))
          const last = page.at(-1)
          if (last === undefined) break
          after = [last['name'] as string, last['group'] as string, last['leaf'] as number]
        }
        expect(seen).to.have.length(50)
        expect(new Set(seen).size).to.equal(50)
      })

      for (const seed of [1, 2, 3])
        it(`agree with sorting and filtering (seed ${seed})`, async () => {
          const random = seeded(seed)
          const kept = new Map<string, Row>()
          for (let round = 0; round < 8; round++) {
            const changes = new Map<string, Change>()
            for (let n = 0; n < 30; n++) {
              const row = randomMember(random)
              const key = JSON.stringify([row['group'], row['leaf']])
              if (random.integer(4) === 0) {
                kept.delete(key)
                changes.set(key, { table: 'members', remove: [row['group'] as KeyPart, row['leaf'] as KeyPart] })
              } else {
                kept.set(key, row)
                changes.set(key, { table: 'members', put: row })
              }
            }
            await apply(...changes.values())
            for (let n = 0; n < 25; n++) {
              const asked = randomRange(random)
              const rows = await model.range(asked)
              expect(rows, JSON.stringify(asked)).to.deep.equal(expectedRows([...kept.values()], asked))
            }
          }
        })
    })

    describe('the checkpoint', () => {
      const row: Row = { user: 'ana', handle: 'ana' }

      it('starts at the origin and moves with the rows', async () => {
        expect(await model.checkpoint()).to.equal(origin)
        expect(await model.apply([{ table: 'users', put: row }], toPosition(17), origin)).to.equal('applied')
        expect(await model.checkpoint()).to.equal(17)
        expect(await model.apply([], toPosition(20), toPosition(17))).to.equal('applied')
        expect(await model.checkpoint()).to.equal(20)
      })

      it('refuses what was made from another one, and changes nothing', async () => {
        await model.apply([{ table: 'users', put: row }], toPosition(17), origin)
        for (const expected of [0, 16, 18])
          expect(
            await model.apply(
              [
                { table: 'users', put: { user: 'ana', handle: 'other' } },
                { table: 'users', put: { user: 'ben' } },
              ],
              toPosition(30),
              toPosition(expected),
            ),
          ).to.equal('conflict')
        expect(await model.checkpoint()).to.equal(17)
        expect(await model.get('users', ['ana'])).to.deep.equal(row)
        expect(await model.get('users', ['ben'])).to.equal(undefined)
      })

      it('lets one of two applies at once win', async () => {
        const results = await Promise.all(
          [1, 2, 3].map((n) => model.apply([{ table: 'users', put: { user: 'ana', n } }], toPosition(10 * n), origin)),
        )
        expect(results.filter((result) => result === 'applied')).to.have.length(1)
        const winner = results.indexOf('applied') + 1
        expect(await model.checkpoint()).to.equal(10 * winner)
        expect(await model.get('users', ['ana'])).to.deep.equal({ user: 'ana', n: winner })
      })

      it('carries a batch of thousands of rows', async () => {
        const rows = Array.from({ length: 3_000 }, (_, n) => ({ user: `user-${n}`, handle: `h${n}`, n }))
        await put('users', ...rows)
        expect(await range({ table: 'users', index: 'byHandle', limit: 5_000 })).to.have.length(3_000)
      })
    })

    it('tell where they stand, and at which event, without being opened, as long as the log is theirs', async () => {
      const name = `${schema.name}-1`
      const standing = async () => (await readModels.standings()).filter((one) => one.name === name)
      const last = { stream: 'group-a', revision: 3, id: randomUUID() }
      expect(await standing()).to.deep.equal([{ name, logId: 'log-1', position: 0 }])
      await model.apply([{ table: 'users', put: { user: 'ana' } }], toPosition(17), origin, last)
      expect(await standing()).to.deep.equal([{ name, logId: 'log-1', position: 17, last }])
      const next = { ...last, revision: 4, id: randomUUID() }
      await model.apply([], toPosition(18), toPosition(17), next)
      await model.apply([], toPosition(30), toPosition(5), last)
      if (opened.reopen !== undefined) readModels = await opened.reopen()
      expect(await standing()).to.deep.equal([{ name, logId: 'log-1', position: 18, last: next }])
      await readModels.open(schema, 'log-2')
      expect(await standing()).to.deep.equal([{ name, logId: 'log-2', position: 0 }])
    })

    describe('versions', () => {
      const row: Row = { user: 'ana', handle: 'ana' }

      it('are read models of their own', async () => {
        await put('users', row)
        const next = await readModels.open({ ...schema, version: 2 }, 'log-1')
        expect(await next.checkpoint()).to.equal(origin)
        expect(await next.get('users', ['ana'])).to.equal(undefined)
        expect(await model.get('users', ['ana'])).to.deep.equal(row)
      })

      it('are emptied when they belong to another log', async () => {
        await put('users', row)
        model = await readModels.open(schema, 'log-1')
        expect(await model.get('users', ['ana'])).to.deep.equal(row)
        expect(await model.checkpoint()).to.equal(1)
        model = await readModels.open(schema, 'log-2')
        expect(await model.checkpoint()).to.equal(origin)
        expect(await model.get('users', ['ana'])).to.equal(undefined)
        expect(await range({ table: 'users', index: 'byHandle' })).to.deep.equal([])
      })

      it('outlive the process', async function () {
        if (opened.reopen === undefined) return this.skip()
        await put('users', row)
        readModels = await opened.reopen()
        model = await readModels.open(schema, 'log-1')
        expect(await model.checkpoint()).to.equal(1)
        expect(await model.get('users', ['ana'])).to.deep.equal(row)
        await put('users', { user: 'ben', handle: 'ben' })
        expect(await range({ table: 'users', index: 'byHandle' })).to.have.length(2)
      })
    })

    describe('builds', () => {
      const row: Row = { user: 'ana', handle: 'ana' }

      it('are read models of their own, whatever their schema, and the first is the one without a number', async () => {
        await put('users', row)
        const second = await readModels.open(schema, 'log-1', 2)
        expect(await second.checkpoint()).to.equal(origin)
        expect(await second.get('users', ['ana'])).to.equal(undefined)
        await second.apply([{ table: 'users', put: { user: 'ben' } }], toPosition(5), origin)
        const first = await readModels.open(schema, 'log-1', 1)
        expect(await first.get('users', ['ana'])).to.deep.equal(row)
        expect(await first.get('users', ['ben'])).to.equal(undefined)
        expect(await second.checkpoint()).to.equal(5)
        const names = (await readModels.standings()).map(({ name }) => name)
        expect(names).to.include.members([`${schema.name}-1`, `${schema.name}-1+2`])
      })

      it('are dropped with their rows, and leave the others alone', async () => {
        await put('users', row)
        const second = await readModels.open(schema, 'log-1', 2)
        await second.apply([{ table: 'users', put: row }], toPosition(5), origin)
        await readModels.drop(schema, 2)
        await readModels.drop(schema, 2)
        expect((await readModels.standings()).map(({ name }) => name)).to.not.include(`${schema.name}-1+2`)
        expect(await model.get('users', ['ana'])).to.deep.equal(row)
        const anew = await readModels.open(schema, 'log-1', 2)
        expect(await anew.checkpoint()).to.equal(origin)
        expect(await anew.get('users', ['ana'])).to.equal(undefined)
      })

      it('stay when the first one is opened again', async function () {
        if (opened.reopen === undefined) return this.skip()
        const second = await readModels.open(schema, 'log-1', 2)
        await second.apply([{ table: 'users', put: row }], toPosition(5), origin)
        readModels = await opened.reopen()
        await readModels.open(schema, 'log-1')
        const again = await readModels.open(schema, 'log-1', 2)
        expect(await again.checkpoint()).to.equal(5)
        expect(await again.get('users', ['ana'])).to.deep.equal(row)
      })

      it('count their rows', async () => {
        expect(await model.rows()).to.deep.equal({ members: 0, users: 0 })
        await put('users', row, { user: 'ben' })
        expect(await model.rows()).to.deep.equal({ members: 0, users: 2 })
      })
    })

    describe('refusals of what only a bug asks for', () => {
      const refused = async (ask: () => Promise<unknown>): Promise<void> => {
        const outcome = await ask().catch((error: unknown) => error)
        expect(outcome).to.be.instanceOf(Error)
      }

      it('names of tables and indexes, and keys that are not keys', async () => {
        await refused(() => model.get('nothing', ['a']))
        await refused(() => model.get('users', []))
        await refused(() => model.get('users', ['a', 'b']))
        await refused(() => model.get('users', [{ $ne: null } as unknown as string]))
        await refused(() => range({ table: 'users', index: 'nothing' }))
        await refused(() => range({ table: 'users', index: 'key', prefix: [{ $ne: null } as unknown as string] }))
        await refused(() => range({ table: 'users', index: 'key', limit: 0 }))
        await refused(() => range({ table: 'users', index: 'key', prefix: ['a', 'b'] }))
        await refused(() => model.apply([{ table: 'users', put: { handle: 'keyless' } }], toPosition(1), origin))
        await refused(() => model.apply([{ table: 'users', put: { user: 1.5 } }], toPosition(1), origin))
        await refused(() => model.apply([{ table: 'users', put: { user: 'a', handle: true } }], toPosition(1), origin))
        expect(await model.checkpoint()).to.equal(origin)
        expect(await range({ table: 'users', index: 'key' })).to.deep.equal([])
      })
    })
  })
}

const parts: readonly KeyPart[] = [-1, 0, 1, 2, '', '1', 'a', 'aa', 'b', 'é', '\uffee', '😀']

const randomMember = (random: Seeded): Row => ({
  group: random.pick(parts),
  leaf: random.pick(parts),
  ...(random.integer(4) > 0 && { queue: random.pick(parts) }),
  ...(random.integer(4) > 0 && { from: random.pick(parts) }),
  ...(random.integer(2) > 0 && { name: random.pick(parts) }),
})

const fieldsOf: Record<string, readonly string[]> = {
  key: ['group', 'leaf'],
  byQueue: ['queue', 'from', 'group', 'leaf'],
  byName: ['name', 'group', 'leaf'],
}
const indexed: Record<string, readonly string[]> = { key: [], byQueue: ['queue', 'from'], byName: ['name'] }

const randomRange = (random: Seeded): Range => {
  const index = random.pick(Object.keys(fieldsOf))
  const fields = fieldsOf[index]!
  const prefix = Array.from({ length: random.integer(3) }, () => random.pick(parts)).slice(0, fields.length - 1)
  const bound = () =>
    Array.from({ length: 1 + random.integer(fields.length - prefix.length) }, () => random.pick(parts))
  return {
    table: 'members',
    index,
    prefix,
    limit: random.pick([1, 5, 1_000]),
    ...(random.integer(2) === 0 && { after: bound() }),
    ...(random.integer(2) === 0 && { upTo: bound() }),
    ...(random.integer(2) === 0 && { descending: true }),
  }
}

/** The port's docstring, carried out naively. */
const expectedRows = (rows: readonly Row[], range: Range): readonly Row[] => {
  const fields = fieldsOf[range.index]!
  const values = (row: Row): KeyPart[] => fields.map((field) => row[field] as KeyPart)
  const rest = (row: Row): KeyPart[] => values(row).slice(range.prefix.length)
  const inOrder = rows
    .filter((row) => indexed[range.index]!.every((field) => row[field] !== undefined))
    .filter((row) => range.prefix.every((part, n) => row[fields[n]!] === part))
    .filter((row) => range.after === undefined || compareParts(rest(row), range.after) > 0)
    .filter((row) => range.upTo === undefined || compareParts(rest(row), range.upTo) <= 0)
    .sort((a, b) => compareParts(values(a), values(b)))
  return (range.descending === true ? inOrder.reverse() : inOrder).slice(0, range.limit)
}

/** Compares as many parts as the second list has. */
const compareParts = (parts: readonly KeyPart[], others: readonly KeyPart[]): number => {
  for (const [n, other] of others.entries()) {
    const order = comparePart(parts[n]!, other)
    if (order !== 0) return order
  }
  return 0
}
const comparePart = (one: KeyPart, other: KeyPart): number => {
  if (typeof one === 'number') return typeof other === 'number' ? one - other : -1
  return typeof other === 'number' ? 1 : Buffer.compare(Buffer.from(one), Buffer.from(other))
}
