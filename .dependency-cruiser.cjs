// The import table of docs/architecture.md, as rules: who may import whom.

/** Each room of `src` and the rooms, or single files, it may import of ours; `compose`, `cli` and `main` have rules of their own. */
const rooms = {
  structures: [],
  mls: ['structures'],
  events: ['mls', 'structures'],
  limits: [],
  contract: ['events', 'mls', 'limits', 'structures'],
  ports: ['events', 'mls', 'limits'],
  streams: ['contract', 'ports', 'events', 'mls', 'limits', 'structures'],
  commands: ['events', 'mls', 'limits', 'structures'],
  items: ['contract', 'events', 'mls', 'ports', 'structures'],
  projections: ['items', 'events', 'mls', 'ports', 'limits', 'structures'],
  delivery: ['items', 'projections', 'streams', 'ports', 'events', 'mls', 'limits', 'structures'],
  reactions: ['streams', 'commands', 'projections', 'items', 'ports', 'events', 'mls', 'limits', 'structures'],
  api: [
    'contract',
    'audit',
    'streams',
    'commands',
    'items',
    'projections',
    'delivery',
    'ports',
    'events',
    'mls',
    'limits',
    'structures',
  ],
  federation: [
    'contract',
    'streams',
    'commands',
    'items',
    'projections',
    'ports',
    'events',
    'mls',
    'limits',
    'structures',
    'api/http',
  ],
  push: ['items', 'projections', 'ports', 'events', 'mls', 'limits', 'structures'],
  audit: ['streams', 'commands', 'ports', 'events', 'mls', 'limits', 'structures'],
  adapters: ['ports', 'events', 'mls', 'limits', 'structures'],
  client: ['mls', 'items', 'contract', 'structures', 'events/reportCategory'],
  chat: ['client'],
}

/** The rooms within `mls`, each with what it may import of the others: bytes ◁ wire ◁ crypto ◁ tree ◁ group; x509 ◁ group. */
const mls = {
  bytes: [],
  wire: ['bytes'],
  crypto: ['bytes', 'wire'],
  x509: ['bytes'],
  tree: ['bytes', 'wire', 'crypto'],
  group: ['bytes', 'wire', 'crypto', 'x509', 'tree'],
}

const only = (name, from, within, allowed) => ({
  name,
  severity: 'error',
  comment: `${name}: of ours only ${allowed.length > 0 ? allowed.join(', ') : 'nothing'}`,
  from,
  to: { path: `^${within}`, pathNot: allowed.map((room) => `^${within}${room}[/.]`) },
})

/** What a decider may know of the room that runs it: types, ids, and how to say yes and no. */
const decisions = '^src/streams/(decider|rejection|commandId)\\.ts$'

/** Rooms without effects: their tests need no adapter. */
const pure = ['structures', 'mls', 'events', 'limits', 'contract', 'ports', 'commands', 'items']
const inMemory = '^dist/adapters/(memory|system)/'
/** Tests write events as streams would, under the ids that streams would give them. */
const ids = '^dist/streams/commandId[.]'

/** `#src/…` is what was built of `src`, in `dist`: the tests of a room know no more of it than the room itself. */
const testsOf = ([room, allowed]) => ({
  name: `tests-of-${room}`,
  severity: 'error',
  comment: `tests of ${room}: what ${room} may import${pure.includes(room) ? '' : ', and adapters in memory'}`,
  from: { path: `^test/${room}/`, pathNot: '^test/commands/chains/' },
  to: {
    path: '^dist/',
    pathNot: [...[room, ...allowed].map((one) => `^dist/${one}[/.]`), ...(pure.includes(room) ? [] : [inMemory, ids])],
  },
})

/** Tests that put real parts together; all others do without files, databases and networks. */
const withRealStores = '^(test/(adapters|stores|faults|api|cli|deploy)/|bench/)'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: [
          '^src/main\\.ts$',
          '^src/cli/main\\.ts$',
          '[wW]orker\\.ts$',
          '^src/client/index\\.ts$',
          '^src/chat/main\\.ts$',
          '^src/api/operations/docs/inBrowser\\.ts$',
        ],
      },
      to: {},
    },
    ...Object.entries(rooms)
      .filter(([room]) => room !== 'commands')
      .map(([room, allowed]) => only(`${room}-imports`, { path: `^src/${room}/` }, 'src/', [room, ...allowed])),
    ...Object.entries(mls).map(([room, allowed]) =>
      only(`mls-${room}-imports`, { path: `^src/mls/${room}/` }, 'src/', [
        'structures',
        ...[room, ...allowed].map((one) => `mls/${one}`),
      ]),
    ),
    {
      name: 'deciders-have-no-effect',
      severity: 'error',
      comment:
        'a decider is pure: it knows of streams only what a decision is; chains of commands live in commands/chains',
      from: { path: '^src/commands/', pathNot: '^src/commands/chains/' },
      to: { path: '^src/', pathNot: ['^src/commands/(?!chains/)', '^src/(events|mls|limits|structures)/', decisions] },
    },
    {
      name: 'chains-imports',
      severity: 'error',
      from: { path: '^src/commands/chains/' },
      to: { path: '^src/', pathNot: '^src/(commands|streams|events|ports|mls|limits|structures)/' },
    },
    {
      name: 'streams-are-handed-in',
      severity: 'error',
      comment:
        'the one effect of the command side is made once, by compose; everybody else is handed it and knows its type',
      from: { path: '^src/', pathNot: '^src/(streams|compose)/' },
      to: { path: '^src/streams/', pathNot: decisions, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'cli-imports',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: '^src/(api|delivery|reactions|adapters)/' },
    },
    {
      name: 'nobody-imports-cli-or-compose',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|compose|main\\.ts)' },
      to: { path: '^src/(cli|compose)/' },
    },
    { name: 'compose-imports-no-cli', severity: 'error', from: { path: '^src/compose/' }, to: { path: '^src/cli/' } },
    {
      name: 'client-reaches-no-node',
      severity: 'error',
      comment:
        'the SDK runs in browsers: nothing reachable from it imports node:, but for the entry client/node with its files',
      from: { path: '^src/(client|chat)/', pathNot: '^src/client/(node|store/fileStore|assets/upload/fileAt)\\.ts$' },
      to: { path: '^(node:)?(fs|path|crypto|buffer|stream|http|https|net|os|util|worker_threads)$', reachable: true },
    },
    {
      name: 'src-imports-no-checks',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|demo|dist)/' },
    },
    ...Object.entries(rooms)
      .filter(([room]) => !['adapters', 'api', 'client', 'commands'].includes(room))
      .map(testsOf),
    testsOf(['commands', [...rooms.commands, 'streams/(decider|rejection|commandId)']]),
    {
      name: 'tests-of-chains',
      severity: 'error',
      from: { path: '^test/commands/chains/' },
      to: { path: '^dist/', pathNot: ['^dist/(commands|streams|events|ports|mls|limits|structures)/', inMemory] },
    },
    {
      name: 'real-stores-in-tests-of-stores',
      severity: 'error',
      from: { path: '^(test|bench|demo)/', pathNot: withRealStores },
      to: { path: '^dist/adapters/', pathNot: [inMemory, '^dist/adapters/x509/'] },
    },
    {
      name: 'checks-are-built-first',
      severity: 'error',
      comment: 'what #src names is in dist: `npm run build` comes before the linter',
      from: { path: '^(test|bench|demo)/', pathNot: '^test/interop/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'pure-rooms-touch-no-world',
      severity: 'error',
      from: { path: '^src/(structures|mls|events|limits|contract|commands|items|projections|ports)/' },
      to: {
        path: '^(node:)?(fs|fs/promises|net|http|https|dns|os|child_process|worker_threads|timers|timers/promises)$',
      },
    },
    {
      name: 'drivers-live-in-adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/' },
      to: { path: 'node_modules/(mongodb|@eventstore/db-client|@photostructure/sqlite)/' },
    },
    {
      name: 'ts-mls-lives-in-the-client',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/client/' },
      to: { path: 'node_modules/ts-mls/' },
    },
    {
      name: 'http-serves-any-door',
      severity: 'error',
      comment: 'api/http knows no resource and no principal: another front door assembles its own routes with it',
      from: { path: '^src/api/http/' },
      to: { path: '^src/api/(?!http/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.src.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
