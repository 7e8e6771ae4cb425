// Changes to files at random, but the same for the same seed.

/** Numbers from 0 up to 1, of 32 bits (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const INTERESTING = [
  0, 1, 2, 4, 8, 0x0c, 0x10, 0x7f, 0x80, 0xc0, 0xd0, 0xd8, 0xd9, 0xda, 0xe1, 0xfe, 0xff,
];

/** Each takes a copy that it may change, other files, and a picker of whole numbers below a limit. */
const mutations = {
  flip(file, _, below) {
    const at = below(file.length);
    file[at] ^= 1 << below(8);
    return file;
  },
  overwrite(file, _, below) {
    file[below(file.length)] = INTERESTING[below(INTERESTING.length)];
    return file;
  },
  overwriteHeader(file, _, below) {
    file[below(Math.min(file.length, 700))] = INTERESTING[below(INTERESTING.length)];
    return file;
  },
  marker(file, _, below) {
    const at = below(file.length - 1);
    file[at] = 0xff;
    file[at + 1] = INTERESTING[below(INTERESTING.length)];
    return file;
  },
  length(file, _, below) {
    const at = below(file.length - 4);
    const bytes = [1, 2, 4][below(3)];
    const value = [
      0,
      1,
      2,
      7,
      255,
      256,
      65_535,
      2 ** 31 - 1,
      2 ** 32 - 1,
      file.length,
      file.length - at,
    ][below(11)];
    if (below(2)) file.writeUIntBE(value % 256 ** bytes, at, bytes);
    else file.writeUIntLE(value % 256 ** bytes, at, bytes);
    return file;
  },
  nudge(file, _, below) {
    const at = below(file.length);
    file[at] = (file[at] + below(17) - 8) & 255;
    return file;
  },
  truncate: (file, _, below) => file.subarray(0, 1 + below(file.length - 1)),
  remove(file, _, below) {
    const [from, to] = range(file, below);
    return Buffer.concat([file.subarray(0, from), file.subarray(to)]);
  },
  repeat(file, _, below) {
    const [from, to] = range(file, below);
    return Buffer.concat([file.subarray(0, to), file.subarray(from)]);
  },
  insert(file, _, below) {
    const at = below(file.length);
    const bytes = Buffer.from(Array.from({ length: 1 + below(8) }, () => below(256)));
    return Buffer.concat([file.subarray(0, at), bytes, file.subarray(at)]);
  },
  move(file, _, below) {
    const [from, to] = range(file, below);
    const rest = Buffer.concat([file.subarray(0, from), file.subarray(to)]);
    const at = below(rest.length);
    return Buffer.concat([rest.subarray(0, at), file.subarray(from, to), rest.subarray(at)]);
  },
  splice(file, others, below) {
    const other = others[below(others.length)];
    const [from, to] = range(other, below);
    const at = below(file.length);
    const over = below(2) ? at + to - from : at;
    return Buffer.concat([file.subarray(0, at), other.subarray(from, to), file.subarray(over)]);
  },
  cross(file, others, below) {
    const other = others[below(others.length)];
    return Buffer.concat([
      file.subarray(0, below(file.length)),
      other.subarray(below(other.length)),
    ]);
  },
};

const names = Object.keys(mutations);

/** One of the files with one to four changes. */
export function mutated(files, random) {
  const below = (limit) => Math.floor(random() * Math.max(1, limit));
  let file = Buffer.from(files[below(files.length)]);
  for (let changes = 1 + below(4) * below(2); changes > 0 && file.length > 8; changes -= 1) {
    file = mutations[names[below(names.length)]](Buffer.from(file), files, below);
  }
  return file;
}

/** Mostly short ones. */
function range(file, below) {
  const from = below(file.length);
  const length = 1 + below(below(4) ? 40 : file.length);
  return [from, Math.min(file.length, from + length)];
}
