// A folder that outlives the process: a snapshot, and the inputs of every step since. A step's inputs are written before
// its block exists, so that whatever anybody was shown is made again, to the byte, after a kill.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { cellToBoc } from '../cells/boc.js';
import { readExternalMessage } from '../chain/messages.js';
import { sha256 } from '../chain/signing.js';
import { restoreSnapshot, takeSnapshot } from './snapshot.js';

/** Work to repeat at a start, at most about this much. */
const REPLAY_MS_MAX = 2_000;

export class DataDirError extends Error {}

export class DataDir {
  /** @param {string} folder made if it is not there */
  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.replayMs = 0;
  }

  #file(name) {
    return join(this.folder, name);
  }

  /** The network's secret, made at random once. */
  secret(random) {
    const file = this.#file('secret');
    if (!existsSync(file)) replaceFile(file, random().toString('hex'));
    return Buffer.from(readFileSync(file, 'utf8'), 'hex');
  }

  /** Brings a network back to where it was, or begins it; from then on keeps what it needs. */
  async attach(network) {
    const snapshot = this.#read('snapshot.json');
    if (snapshot) {
      if (snapshot.genesis !== genesisOf(network))
        throw new DataDirError(
          `${this.folder} holds a chain of other options or another executor; remove it to begin anew`,
        );
      restoreSnapshot(network, snapshot);
    }
    const steps = this.#readJournal();
    if (!snapshot) network.reset(steps[0]?.genUtime ?? network.clock.seconds);
    for (const inputs of steps) await replay(network, inputs);
    this.save(network);
    network.onInputs = (inputs) => this.#append(network, inputs);
    network.onStep = (ms) => this.#count(network, ms);
    network.onRestore = () => this.save(network);
  }

  #read(name) {
    const file = this.#file(name);
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  }

  // The last line may have been cut by a kill; its step was never seen.
  #readJournal() {
    const file = this.#file('journal.jsonl');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    lines.pop();
    return lines.map((line) => JSON.parse(line));
  }

  /** Writes a snapshot and begins the journal anew. */
  save(network) {
    const snapshot = network.ledger.head.id.seqno > 0 ? takeSnapshot(network) : null;
    if (snapshot)
      replaceFile(this.#file('snapshot.json'), JSON.stringify({ ...snapshot, genesis: genesisOf(network) }));
    this.close();
    this.journal = openSync(this.#file('journal.jsonl'), 'w', 0o600);
    this.replayMs = 0;
  }

  #append(network, { utime, messages, rotate }) {
    const { id } = network.ledger.head;
    const line = {
      seqno: id.seqno + 1,
      after: id.rootHash.toString('hex'),
      genUtime: network.genUtime,
      utime,
      rotate,
      messages: messages.map(({ cell }) => cellToBoc(cell).toString('base64')),
    };
    writeSync(this.journal, `${JSON.stringify(line)}\n`);
  }

  #count(network, ms) {
    this.replayMs += ms;
    if (this.replayMs > REPLAY_MS_MAX) this.save(network);
  }

  close() {
    if (this.journal !== undefined) closeSync(this.journal);
    this.journal = undefined;
  }
}

async function replay(network, { seqno, after, utime, rotate, messages }) {
  const { id } = network.ledger.head;
  if (seqno <= id.seqno) return; // the snapshot has it
  if (id.rootHash.toString('hex') !== after)
    throw new DataDirError(`the journal does not continue block ${id.seqno}`);
  network.pending = [];
  await network.ledger.step({
    utime,
    rotate,
    messages: messages.map((text) => readExternalMessage(Buffer.from(text, 'base64'))),
  });
}

// The options by which the blocks are made: a folder of others is refused, not misread.
function genesisOf({ options, executor }) {
  const { globalId, validatorsTotal, validatorsMain, sessionSeconds, roundSeconds } = options;
  const facts = [globalId, validatorsTotal, validatorsMain, sessionSeconds, roundSeconds, executor.version];
  return sha256(JSON.stringify(facts), options.secret).toString('hex');
}

function replaceFile(file, text) {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
