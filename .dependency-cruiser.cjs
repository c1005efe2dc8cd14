// The import table of docs/architecture.md, as rules: who may import whom.
const rooms = 'mls|events|ports|commands|reactions|adapters|projections|delivery|api|federation|cli|client'
const only = (from, allowed, extra = {}) => ({
  name: `${from}-imports`,
  severity: 'error',
  comment: `${from} may import of ours only: ${allowed.length > 0 ? allowed.join(', ') : 'nothing'}`,
  from: { path: `^src/${from}/`, ...extra },
  to: { path: '^src/', pathNot: [`^src/${from}/`, ...allowed.map((room) => `^src/${room}/`)] },
})
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, dependencyTypesNot: ['type-only'] } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['^src/main\\.ts$', '^src/cli/main\\.ts$', '[wW]orker\\.ts$', '^src/client/index\\.ts$'],
      },
      to: {},
    },
    only('mls', []),
    only('events', ['mls']),
    only('ports', ['events', 'mls']),
    only('commands', ['events', 'mls'], { pathNot: '^src/commands/(handle|fold|foldCache)\\.ts$' }),
    only('projections', ['events', 'mls', 'ports']),
    only('delivery', ['projections', 'ports', 'events', 'mls']),
    only('reactions', ['commands', 'projections', 'ports', 'events', 'mls']),
    only('api', ['commands', 'projections', 'delivery', 'ports', 'events', 'mls']),
    only('federation', ['commands', 'projections', 'delivery', 'ports', 'events', 'mls']),
    only('adapters', ['ports', 'events', 'mls']),
    only('client', ['mls']),
    {
      name: 'handle-imports',
      severity: 'error',
      from: { path: '^src/commands/(handle|fold|foldCache)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(commands|ports|events|mls)/' },
    },
    {
      name: 'cli-imports',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: `^src/(${rooms})/`, pathNot: '^src/(cli|client|commands|projections|ports|events|mls)/' },
    },
    { name: 'nobody-imports-cli', severity: 'error', from: { pathNot: '^src/cli/' }, to: { path: '^src/cli/' } },
    {
      name: 'client-reaches-no-node',
      severity: 'error',
      comment:
        'the SDK runs in browsers: nothing reachable from it imports node:, but for the entry client/node with its file store',
      from: { path: '^src/client/', pathNot: '^src/client/(node|store/fileStore)\\.ts$' },
      to: { path: '^(node:)?(fs|path|crypto|buffer|stream|http|https|net|os|util|worker_threads)$', reachable: true },
    },
    {
      name: 'pure-rooms-touch-no-world',
      severity: 'error',
      from: { path: '^src/(events|commands|projections|ports)/' },
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
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.src.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
