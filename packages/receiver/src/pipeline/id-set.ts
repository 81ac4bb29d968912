// id-set.ts: whether an id comes twice in one request, by the hashes of ids. Knows no ids.

/** Emptied by beginning anew: a place counts only when it was filled since. */
export class IdSet {
  #low = new Uint32Array(1024);
  #high = new Uint32Array(1024);
  /** The round in which a place was filled. */
  #round = new Uint32Array(1024);
  #now = 0;
  #count = 0;

  begin(): void {
    this.#count = 0;
    this.#now++;
    if (this.#now < 2 ** 32) return;
    this.#round.fill(0);
    this.#now = 1;
  }

  /** Adds a hash; false when it was there. */
  add(low: number, high: number): boolean {
    if (this.#count * 2 >= this.#round.length) this.#grow();
    const mask = this.#round.length - 1;
    let at = low & mask;
    for (; this.#round[at] === this.#now; at = (at + 1) & mask)
      if (this.#low[at] === low && this.#high[at] === high) return false;
    this.#round[at] = this.#now;
    this.#low[at] = low;
    this.#high[at] = high;
    this.#count++;
    return true;
  }

  #grow(): void {
    const [low, high, round] = [this.#low, this.#high, this.#round];
    const places = 2 * round.length;
    this.#low = new Uint32Array(places);
    this.#high = new Uint32Array(places);
    this.#round = new Uint32Array(places);
    this.#count = 0;
    for (let at = 0; at < round.length; at++) if (round[at] === this.#now) this.add(low[at]!, high[at]!);
  }
}
