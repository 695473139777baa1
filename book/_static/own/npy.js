// One array as NumPy writes it: a header in words, then the numbers. Nothing is ever unpickled.
import { InputError, LIMITS, shapeText } from "./model.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const LONGEST_HEADER = 10000;
const KINDS = { f: "float", i: "int", u: "int", b: "bool" };
const WIDTHS = { f: [2, 4, 8], i: [1, 2, 4, 8], u: [1, 2, 4, 8], b: [1] };
const NAMES = { f: "float", i: "int", u: "uint" };
// By how much, relative to its size, a number of so many bytes was rounded.
const ROUNDOFF = { 2: 2 ** -11, 4: 2 ** -24, 8: 2 ** -53 };
const READERS = {
  f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, i8: BigInt64Array,
  u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, u8: BigUint64Array, b1: Uint8Array,
};

export const counted = (count) => count.toLocaleString("en-US");

// Bytes of a stream, in order; what is looked at is what comes next. `seen` is called with all that was taken.
export class Bytes {
  constructor(stream, seen = () => {}) {
    this.reader = stream.getReader();
    this.seen = seen;
    this.rest = new Uint8Array(0);
  }

  // So many bytes, or as many as there are.
  async upTo(count) {
    const found = new Uint8Array(count);
    let place = 0;
    while (place < count) {
      if (!this.rest.length) {
        const { done, value } = await this.reader.read();
        if (done) break;
        this.rest = value;
        continue;
      }
      const part = this.rest.subarray(0, count - place);
      found.set(part, place);
      place += part.length;
      this.rest = this.rest.subarray(part.length);
    }
    const taken = found.subarray(0, place);
    this.seen(taken);
    return taken;
  }

  async exactly(count) {
    const found = await this.upTo(count);
    if (found.length < count) throw new InputError(`it ends after ${counted(found.length)} of ${counted(count)} bytes`);
    return found;
  }

  close() {
    return this.reader.cancel().catch(() => {});
  }
}

// { dtype, kind, width, swapped, shape, byColumns, length } of the array that begins here.
async function readHeader(bytes) {
  const start = await bytes.exactly(8);
  if (MAGIC.some((byte, k) => start[k] !== byte)) throw new InputError("it does not begin as an array of NumPy's does");
  const version = start[6];
  if (![1, 2].includes(version) || start[7] !== 0) {
    throw new InputError(`version (${version}, ${start[7]}) of the format, expected (1, 0) or (2, 0)`);
  }
  const size = await bytes.exactly(version === 1 ? 2 : 4);
  const length = size.reduceRight((sum, byte) => sum * 256 + byte, 0);
  if (length > LONGEST_HEADER) throw new InputError(`a header of ${counted(length)} bytes, expected at most 10,000`);
  const text = new TextDecoder("latin1").decode(await bytes.exactly(length));
  return { ...parsed(text), length: start.length + size.length + length };
}

function parsed(text) {
  const damaged = () => new InputError("its header is damaged");
  const value = String.raw`'[^'\\]*'|True|False|\([-\d\s,]*\)|\[[^\]]*\]`;
  const entry = String.raw`\s*'(?:descr|fortran_order|shape)'\s*:\s*(?:${value})\s*`;
  if (!new RegExp(String.raw`^\{${entry}(?:,${entry}){2},?\s*\}\s*$`).test(text)) throw damaged();
  const found = Object.fromEntries(
    [...text.matchAll(new RegExp(String.raw`'(descr|fortran_order|shape)'\s*:\s*(${value})`, "g"))].map(([, k, v]) => [k, v]));
  const { descr, fortran_order: byColumns, shape } = found;
  if (!descr || !["True", "False"].includes(byColumns) || !/^\(\s*(-?\d+\s*,\s*)*(-?\d+\s*)?\)$/.test(shape ?? "")) throw damaged();
  if (/^'[<>|=]?O\d*'$/.test(descr)) throw new InputError("it holds Python objects, which would have to be unpickled");
  const sizes = (shape.match(/-?\d+/g) ?? []).map(Number);
  if (sizes.some((size) => size < 0)) {
    throw new InputError(`its header says shape ${shapeText(sizes)}, expected no negative size`);
  }
  const [, order, kind, digits] = descr.match(/^'([<>|=]?)([fiub])(\d+)'$/) ?? [];
  const width = Number(digits);
  if (!kind || !WIDTHS[kind].includes(width)) {
    throw new InputError(`found dtype ${descr.replaceAll("'", "")}, expected numbers of 16, 32 or 64 bits`);
  }
  return {
    dtype: kind === "b" ? "bool" : `${NAMES[kind]}${8 * width}`,
    type: `${kind}${width}`,
    kind: KINDS[kind],
    width,
    swapped: order === ">",
    shape: sizes,
    byColumns: byColumns === "True",
  };
}

// The header of an array that is all of `size` bytes with it, and how many bytes follow.
export async function readFittingHeader(bytes, size) {
  const header = await readHeader(bytes);
  const wanted = header.shape.reduce((a, b) => a * b, header.width);
  const rest = size - header.length;
  if (wanted !== rest) throw new InputError(`its header asks for ${counted(wanted)} bytes and there are ${counted(rest)}`);
  return { header, wanted };
}

// The array that begins here and is all of `size` bytes with its header.
export async function readArray(bytes, size) {
  const { header, wanted } = await readFittingHeader(bytes, size);
  if (wanted > LIMITS.numbers * 8) throw new InputError(`an array of ${counted(wanted)} bytes, which is too large for a page`);
  const data = await bytes.exactly(wanted);
  if ((await bytes.upTo(1)).length) throw new InputError("bytes follow after the array");
  return decoded(header, data);
}

// An array of 64-bit numbers, rows one after the other, from bytes of its own.
export function decoded({ dtype, type, kind, width, swapped, shape, byColumns }, data) {
  if (swapped) {
    for (let start = 0; start < data.length; start += width) data.subarray(start, start + width).reverse();
  }
  const aligned = data.byteOffset % width ? data.slice() : data;
  const count = data.length / width;
  let values;
  if (type === "f2" || type === "bf") {
    const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, count);
    values = type === "f2" ? Float64Array.from(halves, half) : fromBfloat16(halves);
  } else {
    const given = new READERS[type](aligned.buffer, aligned.byteOffset, count);
    values = type === "f8" ? given : Float64Array.from(given, Number);
  }
  const found = { dtype, kind, shape, values: byColumns && shape.length === 2 ? byRows(values, shape) : values };
  return kind === "float" ? { ...found, roundoff: type === "bf" ? 2 ** -8 : ROUNDOFF[width] } : found;
}

function byRows(values, [rows, columns]) {
  const found = new Float64Array(values.length);
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) found[row * columns + column] = values[column * rows + row];
  }
  return found;
}

function half(bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

// The upper halves of 32-bit numbers.
function fromBfloat16(halves) {
  const wide = Uint32Array.from(halves, (bits) => bits << 16);
  return Float64Array.from(new Float32Array(wide.buffer));
}
