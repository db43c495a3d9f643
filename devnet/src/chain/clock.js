// Time that tests can move: the machine's, shifted or stopped.
export class Clock {
  constructor(now = () => Date.now()) {
    this.machine = now;
    this.shiftMs = 0;
    this.frozenMs = null;
  }

  get ms() {
    return this.frozenMs ?? this.machine() + this.shiftMs;
  }

  get seconds() {
    return Math.floor(this.ms / 1000);
  }

  /** Stands still at `seconds` until told otherwise. */
  freeze(seconds) {
    this.frozenMs = seconds * 1000;
  }

  /** Runs on, `seconds` ahead of the machine. */
  shift(seconds) {
    this.frozenMs = null;
    this.shiftMs = seconds * 1000;
  }
}
