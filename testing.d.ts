import type { Store } from './index'

/** One point of the contract of session stores. */
export interface ContractPoint {
  /** A short name, for `except`. */
  readonly id: string
  /** What holds, as a sentence. */
  readonly title: string
  /** Whether express-session does not ask for it, but the stores of this package promise it. */
  readonly isBeyond: boolean
}

export interface StoreSuiteOptions {
  /** The store's name, for the titles of the suites. */
  name: string

  /** Creates a store, or connects one. Called before each test; the sessions of others do not matter. */
  create: () => Store | Promise<Store>

  /** Closes a store after each test. */
  dispose?: (store: any) => unknown

  /** Points that the store does not keep: the reason by id. They are skipped. */
  except?: Record<string, string>

  /**
   * Whether to test what only the stores of this package promise.
   *
   * @default true
   */
  beyond?: boolean

  /**
   * The functions of the test runner. Jest and Mocha have them as globals; those of node:test and Vitest
   * have to be passed.
   */
  describe?: (name: string, suite: () => void) => unknown
  it?: ((name: string, test: () => Promise<void>) => unknown) & {
    skip: (name: string, test: () => void) => unknown
  }
}

/**
 * Defines the tests of a session store.
 *
 * @example
 * const { describe, it } = require('node:test')
 * const { storeSuite } = require('express-session-native/testing.js')
 * storeSuite({ name: 'MyStore', create: () => new MyStore(), describe, it })
 */
export function storeSuite(options: StoreSuiteOptions): void

/** All points of the contract, in the order of the tests. */
export const contract: readonly ContractPoint[]
