/** Which builds of a read model there are and which one is served: the pointer, and how it may move. Pure. */
import type { ReadModelChange } from '../../events/operators.js'
import { firstBuild } from '../../ports/readModels.js'

/** A table whose rows came out otherwise in the new build than in the served one. */
export type Difference = { readonly table: string; readonly served: number; readonly rebuilt: number }

export type Candidate = {
  readonly build: number
  /** Of the projection that folds it. */
  readonly fold: number
  /** When it was asked for, ms since 1970. */
  readonly begun: number
  /**
   * named: its tables may hold anything, from an earlier life of its number; folding: from the beginning, and on with the
   * log; differs: its sums are others than those of the served build, by the same fold: nobody turns to it unasked.
   */
  readonly status: 'named' | 'folding' | 'differs'
  /** Turn to it whatever its sums are. */
  readonly anyway: boolean
  /** What was found when it was compared last; absent until then. */
  readonly differences?: readonly Difference[]
}

/** A build that is given up; its rows go once nobody can be reading them. */
export type Dropping = { readonly build: number; /** ms since 1970. */ readonly since: number }

export type BuildsRecord = {
  /** The log that the builds belong to. */
  readonly log: string
  readonly served: number
  /** Of the projection that folded the served build. */
  readonly fold: number
  /** The highest number that was ever given: none is given twice. */
  readonly newest: number
  readonly candidate?: Candidate
  /** The one that was served before, fed still: for the way back. */
  readonly former?: { readonly build: number; readonly fold: number }
  /** The number of the newest act that was done to it: none is done twice. */
  readonly act?: number
  /** Turn to the former one. */
  readonly back?: true
  readonly dropping: readonly Dropping[]
}

export type Refused = { readonly refused: 'underWay' | 'noCandidate' | 'noFormer' | 'notSo' }
export type Change = (record: BuildsRecord) => BuildsRecord | Refused

/** As a read model begins that has no record: its first build is served. */
export const firstRecord = (log: string, fold: number): BuildsRecord => ({
  log,
  served: firstBuild,
  fold,
  newest: firstBuild,
  dropping: [],
})

/** Of another log every row is gone: what is served is folded anew, and what stood beside it has no worth. */
export const ofLog =
  (log: string, fold: number, now: number): Change =>
  (record) => {
    if (record.log === log) return record
    const beside = [record.candidate?.build, record.former?.build].filter((build) => build !== undefined)
    const { served, newest } = record
    return { log, served, fold, newest, dropping: [...record.dropping, ...givenUp(beside, now)] }
  }

export const changeFor = (ask: ReadModelChange, fold: number, now: number): Change => {
  switch (ask) {
    case 'rebuild':
      return begin(fold, now)
    case 'flip':
      return turnAnyway
    case 'rollback':
      return turnBack
    case 'drop':
      return giveUp(now)
  }
}

/** The same by an act on record: once, whoever does it. */
export const byAct =
  (act: number, change: Change): Change =>
  (record) => {
    if (record.act !== undefined && act <= record.act) return record
    const changed = change(record)
    return 'refused' in changed ? changed : { ...changed, act }
  }

/** A rebuild is asked for: the way back is given up for it. */
export const begin =
  (fold: number, now: number): Change =>
  ({ former, candidate, back: _, ...record }) => {
    if (candidate !== undefined) return { refused: 'underWay' }
    const build = record.newest + 1
    const dropping = former === undefined ? record.dropping : [...record.dropping, ...givenUp([former.build], now)]
    return {
      ...record,
      newest: build,
      dropping,
      candidate: { build, fold, begun: now, status: 'named', anyway: false },
    }
  }

/** The operator's word that the candidate is the right one. */
export const turnAnyway: Change = (record) =>
  record.candidate === undefined
    ? { refused: 'noCandidate' }
    : { ...record, candidate: { ...record.candidate, anyway: true } }

export const turnBack: Change = (record) =>
  record.former === undefined ? { refused: 'noFormer' } : { ...record, back: true }

/** Gives up a candidate, or the way back where there is none. */
export const giveUp =
  (now: number): Change =>
  ({ candidate, former, back: _, ...record }) => {
    const build = candidate?.build ?? former?.build
    if (build === undefined) return { refused: 'noFormer' }
    const kept = candidate !== undefined && former !== undefined ? { former } : {}
    return { ...record, ...kept, dropping: [...record.dropping, ...givenUp([build], now)] }
  }

/** What the worker that feeds the builds found of its candidate. */
export const foundOf =
  (build: number, found: Pick<Candidate, 'status'> & Partial<Pick<Candidate, 'differences'>>): Change =>
  (record) =>
    record.candidate?.build === build
      ? { ...record, candidate: { ...record.candidate, ...found } }
      : { refused: 'noCandidate' }

/** The flip. `differences`: with which it is turned to. */
export const turnTo =
  (build: number): Change =>
  ({ candidate, former, back, ...record }) => {
    const before = { build: record.served, fold: record.fold }
    if (candidate?.build === build) return { ...record, served: build, fold: candidate.fold, former: before }
    if (former?.build === build && back === true) return { ...record, served: build, fold: former.fold, former: before }
    return { refused: 'notSo' }
  }

export const dropped =
  (build: number): Change =>
  (record) => ({ ...record, dropping: record.dropping.filter((one) => one.build !== build) })

const givenUp = (builds: readonly number[], since: number): readonly Dropping[] =>
  builds.map((build) => ({ build, since }))
