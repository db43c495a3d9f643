// The seam behind which contract code runs. The chain knows this interface alone, so that a newer build of TON's own
// executor, or another one, replaces `createExecutor` and nothing else.

/**
 * @typedef {object} AccountState a ShardAccount: the account's cell and its last transaction
 * @property {import('@ton/core').Cell} account
 * @property {Buffer} lastTransHash
 * @property {bigint} lastTransLt
 *
 * @typedef {object} RunArguments
 * @property {import('@ton/core').Cell} message any inbound message
 * @property {AccountState} state
 * @property {import('../chain/config.js').ChainConfig} config
 * @property {number} now unix seconds
 * @property {bigint} lt the lowest logical time that the transaction may have
 * @property {Buffer} randomSeed 32 bytes
 * @property {boolean} [ignoreSignatures] for fee estimates
 *
 * @typedef {{ accepted: true, transaction: import('@ton/core').Cell, state: AccountState }
 *   | { accepted: false, exitCode: number, reason: string }} RunResult
 *
 * @typedef {{ code: import('@ton/core').Cell, data: import('@ton/core').Cell, address: import('@ton/core').Address,
 *   balance: bigint, methodId: number, stack: import('@ton/core').TupleItem[], now: number,
 *   config: import('../chain/config.js').ChainConfig, randomSeed: Buffer }} GetMethodArguments
 *
 * @typedef {object} Executor
 * @property {(args: RunArguments) => Promise<RunResult>} run
 * @property {(args: GetMethodArguments) => Promise<{ exitCode: number, gasUsed: bigint, stack: import('@ton/core').Cell }>} get
 * @property {string} version what to print of it
 * @property {string} defaultConfig a configuration dictionary that it understands, base64
 */

export { createSandboxExecutor as createExecutor } from './sandbox.js';
