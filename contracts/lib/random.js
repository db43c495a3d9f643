// Random numbers that a seed replays: splitmix64.

const mask = (1n << 64n) - 1n

export class Random {
  #state

  constructor(seed) {
    this.#state = BigInt(seed) & mask
  }

  bits64() {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & mask
    let z = this.#state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
    return z ^ (z >> 31n)
  }

  /** A bigint from 0 to below `limit`. */
  below(limit) {
    return limit <= 0n ? 0n : this.bits64() % limit
  }

  number(limit) {
    return Number(this.below(BigInt(limit)))
  }

  /** True once in `n`. */
  oneIn(n) {
    return this.number(n) === 0
  }

  pick(list) {
    return list[this.number(list.length)]
  }
}
