import { space } from '../ascii.ts';

export const maxKeyBytes = 65_536;
const maxOtherKeys = 1_000;

interface Key {
  /** Its bytes in the file, from quote to quote, and a colon. */
  quoted: Buffer;
  isWanted: boolean;
  /** The number of the last object that had it. */
  lastObject: number;
}

/** The keys of the objects in a JSON file. */
export class JsonKeys {
  /** The number of objects begun. */
  objects = 0;
  readonly #wanted: ReadonlySet<string>;
  readonly #malformed: (at: number, fault: string) => Error;
  readonly #keys = new Map<string, Key>();
  #otherKeys = 0;
  /** The keys of the last object by their place: the next object usually has the same. */
  readonly #placed: Key[] = [];
  #place = 0;

  /** `wanted` holds the keys to be read, in lower case. `malformed` makes the error for a fault at a place. */
  constructor(wanted: ReadonlySet<string>, malformed: (at: number, fault: string) => Error) {
    this.#wanted = wanted;
    this.#malformed = malformed;
  }

  beginObject(): void {
    this.objects++;
    this.#place = 0;
  }

  /**
   * Takes the key and the colon at `from` if the object before had that key in this place. Returns the place behind the
   * colon, or -1 for another key.
   */
  takeUsual(bytes: Buffer, from: number): number {
    const usual = this.#placed[this.#place];
    const start = bytes[from] === space ? from + 1 : from;
    if (usual === undefined || !beginsWith(bytes, start, usual.quoted)) return -1;
    this.#take(usual, start);
    return start + usual.quoted.length;
  }

  /** Takes the key between the quotes before `from` and at `to`. */
  take(bytes: Buffer, from: number, to: number): void {
    const key = this.#find(bytes.subarray(from, to), from);
    this.#placed[this.#place] = key;
    this.#take(key, from);
  }

  /** The spellings of all wanted keys, and of up to 1,000 others. */
  spellings(): string[] {
    return [...this.#keys.keys()];
  }

  #take(key: Key, at: number): void {
    this.#place++;
    if (key.isWanted && key.lastObject === this.objects)
      throw this.#malformed(at, 'a wanted key occurs twice in an object');
    key.lastObject = this.objects;
  }

  #find(bytes: Buffer, at: number): Key {
    const name = this.#parse(bytes, at);
    const isWanted = this.#wanted.has(name.toLowerCase());
    const known = this.#keys.get(name);
    const quoted = Buffer.from(`"${bytes.toString('latin1')}":`, 'latin1');
    const key = { quoted, isWanted, lastObject: known?.lastObject ?? 0 };
    if (known === undefined && !isWanted && this.#otherKeys++ >= maxOtherKeys) return key;
    if (known === undefined) this.#keys.set(name, key);
    return known ?? key;
  }

  #parse(bytes: Buffer, at: number): string {
    try {
      return JSON.parse(`"${bytes.toString()}"`);
    } catch {
      throw this.#malformed(at, 'a JSON object is not valid');
    }
  }
}

function beginsWith(bytes: Buffer, from: number, wanted: Buffer): boolean {
  if (from + wanted.length > bytes.length) return false;
  for (let index = 1; index < wanted.length; index++) if (bytes[from + index] !== wanted[index]) return false;
  return true;
}
