// TON's transaction executor and TVM as @ton/sandbox packs them into WebAssembly.
import { beginCell, Cell } from '@ton/core';
import sandbox from '@ton/sandbox';
import { cellToBoc } from '../cells/boc.js';

const GET_METHOD_GAS_MAX = 1_000_000n;

/** @returns {Promise<import('./executor.js').Executor>} */
export async function createSandboxExecutor() {
  const machine = await sandbox.Executor.create();
  const { commitHash, commitDate } = machine.getVersion();
  return {
    run: (args) => run(machine, args).catch(refusal),
    get: (args) => get(machine, args),
    version: `ton ${commitHash.slice(0, 12)} of ${commitDate.slice(0, 10)}`,
    defaultConfig: sandbox.defaultConfig,
  };
}

// The executor gives up on some inputs by throwing. What it could not run is not accepted; the chain goes on.
function refusal(error) {
  return { accepted: false, exitCode: 0, reason: `the executor failed: ${error.message}` };
}

async function run(machine, args) {
  const { account, lastTransHash, lastTransLt } = args.state;
  const shardAccount = beginCell()
    .storeRef(account)
    .storeBuffer(lastTransHash)
    .storeUint(lastTransLt, 64)
    .endCell();
  const { result } = await machine.runTransaction({
    message: args.message,
    config: args.config.base64,
    libs: null,
    verbosity: 'short',
    shardAccount: cellToBoc(shardAccount).toString('base64'),
    now: args.now,
    lt: args.lt,
    randomSeed: args.randomSeed,
    ignoreChksig: args.ignoreSignatures ?? false,
    debugEnabled: false,
  });
  if (!result.success) {
    const exitCode = result.vmResults?.vmExitCode ?? 0;
    return { accepted: false, exitCode, reason: result.error };
  }
  const after = Cell.fromBase64(result.shardAccount).beginParse();
  const state = {
    account: after.loadRef(),
    lastTransHash: after.loadBuffer(32),
    lastTransLt: after.loadUintBig(64),
  };
  return { accepted: true, transaction: Cell.fromBase64(result.transaction), state };
}

async function get(machine, args) {
  const { output } = await machine.runGetMethod({
    code: args.code,
    data: args.data,
    methodId: args.methodId,
    stack: args.stack,
    config: args.config.base64,
    verbosity: 'short',
    address: args.address,
    unixTime: args.now,
    balance: args.balance,
    randomSeed: args.randomSeed,
    gasLimit: GET_METHOD_GAS_MAX,
    debugEnabled: false,
  });
  if (!output.success) throw new Error(output.error);
  return {
    exitCode: output.vm_exit_code,
    gasUsed: BigInt(output.gas_used),
    stack: Cell.fromBase64(output.stack),
  };
}
