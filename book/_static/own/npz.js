// A ZIP archive of arrays as NumPy writes it. Its members are stored or deflated; only what is asked for is inflated.
import { InputError } from "./model.js";
import { Bytes, readArray, readFittingHeader } from "./npy.js";

const [END, ENTRY, LOCAL] = [0x06054b50, 0x02014b50, 0x04034b50];
const MOST_DIRECTORY = 2 ** 24;

let table = null;

function crcTable() {
  table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
    return value;
  });
  return table;
}

class Checksum {
  value = -1;

  add(bytes) {
    const entries = crcTable();
    let { value } = this;
    for (let k = 0; k < bytes.length; k += 1) value = entries[(value ^ bytes[k]) & 255] ^ (value >>> 8);
    this.value = value;
  }

  get sum() {
    return (this.value ^ -1) >>> 0;
  }
}

const view = async (file, start, stop) => {
  if (start < 0 || stop > file.size) throw new InputError("it is cut off");
  return new DataView(await file.slice(start, stop).arrayBuffer());
};

async function directory(file) {
  const tail = await view(file, Math.max(0, file.size - 22 - 65535), file.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && !(tail.getUint32(end, true) === END && end + 22 + tail.getUint16(end + 20, true) === tail.byteLength)) {
    end -= 1;
  }
  if (end < 0) throw new InputError("it does not end as a ZIP archive does");
  const [count, size, start] = [tail.getUint16(end + 10, true), tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)];
  if (count === 0xffff || start === 0xffffffff) throw new InputError("an archive of more than 4 GB or 65,534 members");
  if (size > MOST_DIRECTORY) throw new InputError("its list of members is too long");
  const entries = await view(file, start, start + size);
  const found = [];
  let place = 0;
  for (let k = 0; k < count; k += 1) {
    if (place + 46 > size || entries.getUint32(place, true) !== ENTRY) throw new InputError("its list of members is damaged");
    const at = (offset) => entries.getUint32(place + offset, true);
    const lengths = [28, 30, 32].map((offset) => entries.getUint16(place + offset, true));
    const next = place + 46 + lengths[0] + lengths[1] + lengths[2];
    if (next > size) throw new InputError("its list of members is damaged");
    const name = new Uint8Array(entries.buffer, place + 46, lengths[0]);
    found.push({
      name: new TextDecoder().decode(name),
      encrypted: (entries.getUint16(place + 8, true) & 1) === 1,
      method: entries.getUint16(place + 10, true),
      crc: at(16),
      packed: at(20),
      size: at(24),
      header: at(42),
    });
    place = next;
  }
  // Members that share bytes make a few of them claim to be many.
  const ordered = [...found].sort((one, other) => one.header - other.header);
  ordered.forEach((member, k) => {
    const after = k + 1 < ordered.length ? ordered[k + 1].header : start;
    if (member.header + 30 + member.packed > after) member.overlaps = true;
  });
  return found;
}

// The bytes of a member, inflated as they are asked for.
async function opened(file, member, seen) {
  const { name, encrypted, method, packed, header } = member;
  if (encrypted) throw new InputError(`${name} is encrypted`);
  if (member.overlaps) throw new InputError(`${name} overlaps with what follows`);
  if (![0, 8].includes(method)) throw new InputError(`${name} is compressed by method ${method}, expected stored or deflated`);
  if (method === 0 && packed !== member.size) throw new InputError(`${name} has another size than the archive says`);
  const local = await view(file, header, header + 30);
  if (local.getUint32(0, true) !== LOCAL) throw new InputError(`${name} is not where the archive says`);
  const start = header + 30 + local.getUint16(26, true) + local.getUint16(28, true);
  if (start + packed > file.size) throw new InputError("it is cut off");
  const stream = file.slice(start, start + packed).stream();
  return new Bytes(method === 0 ? stream : stream.pipeThrough(new DecompressionStream("deflate-raw")), seen);
}

export async function openArchive(file) {
  const members = new Map();
  const present = await directory(file);
  const names = new Set(present.map((member) => member.name));
  for (const member of present) {
    if (!member.name.endsWith(".npy")) continue;
    const name = member.name.slice(0, -4);
    if (members.has(name)) throw new InputError(`${member.name} is there more than once`);
    // For NumPy both have the name of the first.
    if (names.has(name)) throw new InputError(`${name} is there beside ${member.name}, expected one of them`);
    members.set(name, member);
  }
  return {
    names: [...members.keys()],

    async describe(name) {
      const member = members.get(name);
      const bytes = await opened(file, member, () => {});
      try {
        return (await readFittingHeader(bytes, member.size)).header;
      } finally {
        await bytes.close();
      }
    },

    async read(name) {
      const member = members.get(name);
      const checksum = new Checksum();
      const bytes = await opened(file, member, (taken) => checksum.add(taken));
      try {
        const array = await readArray(bytes, member.size);
        if (checksum.sum !== member.crc) throw new InputError(`${member.name} has another checksum than the archive says`);
        return array;
      } finally {
        await bytes.close();
      }
    },
  };
}
