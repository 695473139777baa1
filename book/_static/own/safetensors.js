// A file of tensors: the length of a header, the header as JSON, and the numbers.
import { InputError } from "./model.js";
import { counted, decoded } from "./npy.js";

const LONGEST_HEADER = 2 ** 24;
// Name, kind and bytes of each type that is read; others have their bits in their name.
const TYPES = {
  F16: ["float16", "float", 2, "f2"], BF16: ["bfloat16", "float", 2, "bf"],
  F32: ["float32", "float", 4, "f4"], F64: ["float64", "float", 8, "f8"],
  I8: ["int8", "int", 1, "i1"], I16: ["int16", "int", 2, "i2"], I32: ["int32", "int", 4, "i4"], I64: ["int64", "int", 8, "i8"],
  U8: ["uint8", "int", 1, "u1"], U16: ["uint16", "int", 2, "u2"], U32: ["uint32", "int", 4, "u4"], U64: ["uint64", "int", 8, "u8"],
  BOOL: ["bool", "bool", 1, "b1"],
};

const whole = (value) => Number.isSafeInteger(value) && value >= 0;

function checked(header, room) {
  if (header === null || typeof header !== "object" || Array.isArray(header)) throw new InputError("its header is damaged");
  const { __metadata__: _, ...tensors } = header;
  const entries = Object.entries(tensors);
  for (const [name, entry] of entries) {
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    const right = typeof dtype === "string" && Array.isArray(shape) && shape.every(whole)
      && Array.isArray(offsets) && offsets.length === 2 && offsets.every(whole) && offsets[0] <= offsets[1];
    if (!right) throw new InputError(`the entry of ${name} in its header is damaged`);
    const wanted = TYPES[dtype] && shape.reduce((a, b) => a * b, TYPES[dtype][2]);
    if (wanted !== undefined && wanted !== offsets[1] - offsets[0]) {
      throw new InputError(
        `the header of ${name} asks for ${counted(wanted)} bytes and there are ${counted(offsets[1] - offsets[0])}`,
      );
    }
  }
  // One after the other: no byte belongs to two tensors, or to none.
  let place = 0;
  for (const [name, { data_offsets: [start, stop] }] of entries.sort(([, x], [, y]) =>
    x.data_offsets[0] - y.data_offsets[0] || x.data_offsets[1] - y.data_offsets[1])) {
    if (start !== place) throw new InputError(`${name} begins at byte ${counted(start)} of the numbers, expected ${counted(place)}`);
    place = stop;
  }
  if (place !== room) throw new InputError(`its header asks for ${counted(place)} bytes and there are ${counted(room)}`);
  return tensors;
}

export async function openTensors(file) {
  const bytes = async (start, stop) => new Uint8Array(await file.slice(start, stop).arrayBuffer());
  if (file.size < 8) throw new InputError("it is cut off");
  const length = Number(new DataView((await bytes(0, 8)).buffer).getBigUint64(0, true));
  if (length > LONGEST_HEADER) throw new InputError(`a header of ${counted(length)} bytes, expected at most ${counted(LONGEST_HEADER)}`);
  if (8 + length > file.size) throw new InputError("it is cut off");
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await bytes(8, 8 + length)));
  } catch {
    throw new InputError("its header is no JSON");
  }
  const start = 8 + length;
  const tensors = new Map(Object.entries(checked(header, file.size - start)));
  const describe = (name) => {
    const { dtype, shape } = tensors.get(name);
    if (!TYPES[dtype]) throw new InputError(`${name} is of type ${dtype}, expected 16, 32 or 64 bits`);
    const [known, kind, width, type] = TYPES[dtype];
    return { dtype: known, kind, width, type, shape, swapped: false, byColumns: false };
  };
  return {
    names: [...tensors.keys()],
    describe: async (name) => describe(name),
    async read(name) {
      const found = describe(name);
      const [first, last] = tensors.get(name).data_offsets;
      return decoded(found, await bytes(start + first, start + last));
    },
  };
}
