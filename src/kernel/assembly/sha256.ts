/*
 * SHA-256 (FIPS 180-4) of four messages at a time: lane i of every vector belongs to message i. AssemblyScript, see
 * kernel.ts.
 */

const roundConstants: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

const vectorBytes: usize = 16;

/** The eight words of the state. */
const state: usize = memory.data(8 * 16, 16);
/** The 64 words of the message schedule. */
const schedule: usize = memory.data(64 * 16, 16);
/** The first halves of the four digests, then the second ones; big-endian words are still to be made of them. */
const digests: usize = memory.data(8 * 16, 16);

@inline
function rotateRight(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

@inline
function xor3(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.xor(x, y), z);
}

@inline
function smallSigma0(x: v128): v128 {
  return xor3(rotateRight(x, 7), rotateRight(x, 18), i32x4.shr_u(x, 3));
}

@inline
function smallSigma1(x: v128): v128 {
  return xor3(rotateRight(x, 17), rotateRight(x, 19), i32x4.shr_u(x, 10));
}

/** T1 of the standard, for the sum of a round's word and constant. */
@inline
function first(e: v128, f: v128, g: v128, h: v128, sum: v128): v128 {
  const sigma = xor3(rotateRight(e, 6), rotateRight(e, 11), rotateRight(e, 25));
  const choice = v128.xor(g, v128.and(e, v128.xor(f, g)));
  return i32x4.add(i32x4.add(i32x4.add(h, sum), choice), sigma);
}

/** T1 and T2 of the standard together. */
@inline
function second(a: v128, b: v128, c: v128, t1: v128): v128 {
  const sigma = xor3(rotateRight(a, 2), rotateRight(a, 13), rotateRight(a, 22));
  const majority = v128.xor(b, v128.and(v128.xor(a, b), v128.xor(b, c)));
  return i32x4.add(i32x4.add(t1, majority), sigma);
}

@inline
function swapBytes(x: v128): v128 {
  return v128.shuffle<i8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Four rows of four words become four columns, and are stored one after the other. */
@inline
function storeTransposed(to: usize, p: v128, q: v128, r: v128, s: v128): void {
  const pq01 = v128.shuffle<i32>(p, q, 0, 4, 1, 5);
  const pq23 = v128.shuffle<i32>(p, q, 2, 6, 3, 7);
  const rs01 = v128.shuffle<i32>(r, s, 0, 4, 1, 5);
  const rs23 = v128.shuffle<i32>(r, s, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(pq01, rs01, 0, 2), 0);
  v128.store(to, v128.shuffle<i64>(pq01, rs01, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(pq23, rs23, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(pq23, rs23, 1, 3), 48);
}

/** Starts four messages afresh. */
export function startFour(): void {
  v128.store(state, i32x4.splat(0x6a09e667), 0);
  v128.store(state, i32x4.splat(0xbb67ae85), 16);
  v128.store(state, i32x4.splat(0x3c6ef372), 32);
  v128.store(state, i32x4.splat(0xa54ff53a), 48);
  v128.store(state, i32x4.splat(0x510e527f), 64);
  v128.store(state, i32x4.splat(0x9b05688c), 80);
  v128.store(state, i32x4.splat(0x1f83d9ab), 96);
  v128.store(state, i32x4.splat(0x5be0cd19), 112);
}

/** Reads one 64-byte block of each message; the blocks lie `stride` bytes apart. */
export function loadFour(blocks: usize, stride: usize): void {
  for (let at: usize = 0; at < 64; at += vectorBytes) {
    const from = blocks + at;
    storeTransposed(
      schedule + at * 4,
      swapBytes(v128.load(from)),
      swapBytes(v128.load(from + stride)),
      swapBytes(v128.load(from + stride * 2)),
      swapBytes(v128.load(from + stride * 3)),
    );
  }
}

/** Puts the lengths, four numbers of bytes, where last blocks have them: as bits, in the last word. */
export function setLengths(lengths: usize): void {
  v128.store(schedule, i32x4.shl(v128.load(lengths), 3), 15 * 16);
}

/** The sum of a round's word and constant: of the round that is `i` after the one at `w` and `k`. */
@inline
function sum(w: usize, k: usize, i: usize): v128 {
  return i32x4.add(v128.load(w + i * vectorBytes), v128.load32_splat(k + i * 4));
}

/** The same, and makes the word that stands 16 places on in the schedule. */
@inline
function sumAndExtend(w: usize, k: usize, i: usize): v128 {
  const at = w + i * vectorBytes;
  const older = i32x4.add(v128.load(at), v128.load(at, 9 * 16));
  const sigmas = i32x4.add(smallSigma0(v128.load(at, 16)), smallSigma1(v128.load(at, 14 * 16)));
  v128.store(at, i32x4.add(older, sigmas), 16 * 16);
  return sum(w, k, i);
}

/**
 * One compression of the four loaded blocks. A line is a round; after eight each word is where it came from. The last
 * sixteen rounds have their words already, so they stand for themselves.
 */
export function compressFour(): void {
  let a = v128.load(state, 0);
  let b = v128.load(state, 16);
  let c = v128.load(state, 32);
  let d = v128.load(state, 48);
  let e = v128.load(state, 64);
  let f = v128.load(state, 80);
  let g = v128.load(state, 96);
  let h = v128.load(state, 112);
  let w = schedule;
  let k = roundConstants;
  for (; w < schedule + 48 * vectorBytes; w += 8 * vectorBytes, k += 8 * 4) {
    h = first(e, f, g, h, sumAndExtend(w, k, 0)); d = i32x4.add(d, h); h = second(a, b, c, h);
    g = first(d, e, f, g, sumAndExtend(w, k, 1)); c = i32x4.add(c, g); g = second(h, a, b, g);
    f = first(c, d, e, f, sumAndExtend(w, k, 2)); b = i32x4.add(b, f); f = second(g, h, a, f);
    e = first(b, c, d, e, sumAndExtend(w, k, 3)); a = i32x4.add(a, e); e = second(f, g, h, e);
    d = first(a, b, c, d, sumAndExtend(w, k, 4)); h = i32x4.add(h, d); d = second(e, f, g, d);
    c = first(h, a, b, c, sumAndExtend(w, k, 5)); g = i32x4.add(g, c); c = second(d, e, f, c);
    b = first(g, h, a, b, sumAndExtend(w, k, 6)); f = i32x4.add(f, b); b = second(c, d, e, b);
    a = first(f, g, h, a, sumAndExtend(w, k, 7)); e = i32x4.add(e, a); a = second(b, c, d, a);
  }
  for (; w < schedule + 64 * vectorBytes; w += 8 * vectorBytes, k += 8 * 4) {
    h = first(e, f, g, h, sum(w, k, 0)); d = i32x4.add(d, h); h = second(a, b, c, h);
    g = first(d, e, f, g, sum(w, k, 1)); c = i32x4.add(c, g); g = second(h, a, b, g);
    f = first(c, d, e, f, sum(w, k, 2)); b = i32x4.add(b, f); f = second(g, h, a, f);
    e = first(b, c, d, e, sum(w, k, 3)); a = i32x4.add(a, e); e = second(f, g, h, e);
    d = first(a, b, c, d, sum(w, k, 4)); h = i32x4.add(h, d); d = second(e, f, g, d);
    c = first(h, a, b, c, sum(w, k, 5)); g = i32x4.add(g, c); c = second(d, e, f, c);
    b = first(g, h, a, b, sum(w, k, 6)); f = i32x4.add(f, b); b = second(c, d, e, b);
    a = first(f, g, h, a, sum(w, k, 7)); e = i32x4.add(e, a); a = second(b, c, d, a);
  }
  v128.store(state, i32x4.add(v128.load(state, 0), a), 0);
  v128.store(state, i32x4.add(v128.load(state, 16), b), 16);
  v128.store(state, i32x4.add(v128.load(state, 32), c), 32);
  v128.store(state, i32x4.add(v128.load(state, 48), d), 48);
  v128.store(state, i32x4.add(v128.load(state, 64), e), 64);
  v128.store(state, i32x4.add(v128.load(state, 80), f), 80);
  v128.store(state, i32x4.add(v128.load(state, 96), g), 96);
  v128.store(state, i32x4.add(v128.load(state, 112), h), 112);
}

/** Turns the finished state into four digests for `storeDigest`. */
export function finishFour(): void {
  for (let half: usize = 0; half < 8 * vectorBytes; half += 4 * vectorBytes) {
    const from = state + half;
    storeTransposed(digests + half, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48));
  }
}

/** Writes the 32 bytes of one message's digest. */
@inline
export function storeDigest(lane: usize, to: usize): void {
  const from = digests + lane * vectorBytes;
  v128.store(to, swapBytes(v128.load(from)));
  v128.store(to, swapBytes(v128.load(from, 64)), 16);
}
