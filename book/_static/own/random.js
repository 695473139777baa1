// NumPy's `default_rng(seed)`: the same draws, so that sets that are drawn here are those that the command draws.
const MASK_64 = (1n << 64n) - 1n;
const MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = (2549297995355413924n << 64n) | 4865540595714422341n;
// Of the ziggurat (Marsaglia and Tsang 2000) with 256 layers: where the tail begins, and the area of a layer.
const TAIL = 3.6541528853610088;
const AREA = 0.004928673233974658;

// NumPy's SeedSequence: eight words of 32 bits from a seed below 2³².
function seedWords(seed) {
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const pool = [seed, 0, 0, 0].map(hash);
  for (let from = 0; from < 4; from += 1) {
    for (let to = 0; to < 4; to += 1) {
      if (from === to) continue;
      const mixed = Math.imul(0xca01f9dd, pool[to]) - Math.imul(0x4973f715, hash(pool[from]));
      pool[to] = (mixed | 0) ^ ((mixed | 0) >>> 16);
    }
  }
  constant = 0x8b51f9dd;
  return Array.from({ length: 8 }, (_, place) => {
    let value = pool[place % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    return (value ^ (value >>> 16)) >>> 0;
  });
}

let ziggurat = null;

function layers() {
  if (ziggurat) return ziggurat;
  const scale = 2 ** 52;
  const [bounds, widths, heights] = [new Float64Array(256), new Float64Array(256), new Float64Array(256)];
  const height = (x) => Math.exp(-0.5 * x * x);
  let x = TAIL;
  let above = TAIL;
  const base = AREA / height(x);
  bounds[0] = Math.floor((x / base) * scale);
  widths[0] = base / scale;
  widths[255] = x / scale;
  heights[0] = 1;
  heights[255] = height(x);
  for (let layer = 254; layer >= 1; layer -= 1) {
    x = Math.sqrt(-2 * Math.log(AREA / x + height(x)));
    bounds[layer + 1] = Math.floor((x / above) * scale);
    above = x;
    heights[layer] = height(x);
    widths[layer] = x / scale;
  }
  ziggurat = { bounds, widths, heights };
  return ziggurat;
}

export class Generator {
  constructor(seed) {
    const words = seedWords(seed).map(BigInt);
    const pair = (place) => (words[place + 1] << 32n) | words[place];
    const [state, sequence] = [(pair(0) << 64n) | pair(2), (pair(4) << 64n) | pair(6)];
    this.increment = ((sequence << 1n) | 1n) & MASK_128;
    this.state = (this.increment + state) & MASK_128; // what a step from 0 and the sum leave
    this.#step();
    this.half = null;
  }

  #step() {
    this.state = (this.state * MULTIPLIER + this.increment) & MASK_128;
  }

  bits64() {
    this.#step();
    const folded = (this.state >> 64n) ^ (this.state & MASK_64);
    const turn = this.state >> 122n;
    return ((folded >> turn) | (folded << ((64n - turn) & 63n))) & MASK_64;
  }

  // Of 64 bits the lower half first, then the upper one.
  bits32() {
    if (this.half !== null) {
      const kept = this.half;
      this.half = null;
      return kept;
    }
    const bits = this.bits64();
    this.half = Number(bits >> 32n);
    return Number(bits & 0xffffffffn);
  }

  // From 0 up to, but not, 1.
  random() {
    return Number(this.bits64() >> 11n) / 2 ** 53;
  }

  uniform(low, high) {
    return low + (high - low) * this.random();
  }

  // A whole number from 0 to `most`, which is below 2²¹ (Lemire 2019).
  upTo(most) {
    if (most === 0) return 0;
    const count = most + 1;
    const threshold = (2 ** 32 - 1 - most) % count;
    let product = this.bits32() * count;
    while (product % 2 ** 32 < threshold) product = this.bits32() * count;
    return Math.floor(product / 2 ** 32);
  }

  // The same by masks, as permutations are made.
  #masked(most) {
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const value = (this.bits32() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  #shuffle(items, first, draw) {
    for (let i = items.length - 1; i >= first; i -= 1) {
      const j = draw(i);
      [items[i], items[j]] = [items[j], items[i]];
    }
  }

  permutation(count) {
    const items = Array.from({ length: count }, (_, place) => place);
    this.#shuffle(items, 1, (most) => this.#masked(most));
    return items;
  }

  // Without repetition.
  choice(count, size) {
    if (count > 10000 && size > Math.floor(count / 50)) {
      const items = Array.from({ length: count }, (_, place) => place);
      this.#shuffle(items, Math.max(count - size, 1), (most) => this.upTo(most));
      return items.slice(count - size);
    }
    const seen = new Set(); // Floyd's algorithm
    for (let last = count - size; last < count; last += 1) {
      const drawn = this.upTo(last);
      seen.add(seen.has(drawn) ? last : drawn);
    }
    const items = [...seen];
    this.#shuffle(items, 1, (most) => this.upTo(most));
    return items;
  }

  normal() {
    const { bounds, widths, heights } = layers();
    for (;;) {
      const bits = this.bits64();
      const layer = Number(bits & 0xffn);
      const size = Number((bits >> 9n) & 0xfffffffffffffn);
      const x = ((bits >> 8n) & 1n ? -1 : 1) * size * widths[layer];
      if (size < bounds[layer]) return x;
      if (layer === 0) {
        for (;;) {
          const beyond = -Math.log1p(-this.random()) / TAIL;
          const other = -Math.log1p(-this.random());
          if (2 * other > beyond * beyond) return (Math.floor(size / 256) % 2 ? -1 : 1) * (TAIL + beyond);
        }
      }
      const least = heights[layer];
      if ((heights[layer - 1] - least) * this.random() + least < Math.exp(-0.5 * x * x)) return x;
    }
  }
}
