// Faults that a lite-server commits on purpose, each for one server or for all, until it is cleared.

/** What each fault does, as `GET /faults` lists it. */
export const FAULTS = {
  bad_signature: 'every validator signature of a block proof has a flipped bit',
  weak_signatures: 'block proofs carry less than two thirds of the weight',
  stale_head: 'the head stays where it was when the fault was set, or `blocks` behind',
  wrong_shard: 'accounts are read from the base chain block before the proven one',
  truncated_proof: 'proofs end early',
  swapped_proof: "account proofs are another account's",
  lying_send: 'sendMessage says yes and drops the message',
  disconnect: 'the connection closes at a query',
  slow: 'answers wait for `ms` (1000)',
};

export class FaultError extends Error {}

/** The faults that one server sees. @typedef {{ get: (name: string) => object | undefined }} FaultView */

export class Faults {
  constructor() {
    this.active = new Map(); // name -> { server: number | null, ... }
  }

  /**
   * @param {string} name
   * @param {{ server?: number, blocks?: number, ms?: number }} details `server` absent: all of them
   * @param {number} headSeqno now
   */
  set(name, details, headSeqno) {
    if (!Object.hasOwn(FAULTS, name)) throw new FaultError(`no fault ${name}`);
    for (const field of ['server', 'blocks', 'ms']) {
      const value = details[field];
      if (value !== undefined && !(Number.isInteger(value) && value >= 0))
        throw new FaultError(`${field} is no count`);
    }
    this.active.set(name, { ...details, headSeqno });
  }

  /** One fault, or every one. */
  clear(name) {
    if (name === undefined) this.active.clear();
    else this.active.delete(name);
  }

  /** @returns {FaultView} */
  of(server) {
    return {
      get: (name) => {
        const fault = this.active.get(name);
        return fault && (fault.server === undefined || fault.server === server) ? fault : undefined;
      },
    };
  }
}
