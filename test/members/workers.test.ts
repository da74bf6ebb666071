import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { digestBytes, kinds } from '../../src/identifiers/kinds.ts';
import { appendBlock, readBlocks } from '../../src/members/blocks.ts';
import { layoutOf } from '../../src/members/layout.ts';
import { createMemberSet } from '../../src/members/memberSet.ts';
import { createWorkers, type Workers } from '../../src/members/workers.ts';
import { chunkOf, syncOf, useMembers } from '../setup/memberSetup.ts';

const setup = useMembers();
const email = syncOf({ identifierType: 'email' });
const kind = kinds.email;

/** With six parts enough for threads to be started. */
const valuesOfPart = 8_000;
const parts = [0, 1, 2, 3, 4, 5];

/** Digests that no other part has. */
function digestsOf(part: number): Buffer {
  const digest = (index: number) => createHash('sha256').update(`${part} ${index}`).digest();
  return Buffer.concat(Array.from({ length: valuesOfPart }, (_, index) => digest(index)));
}

function sorted(records: Uint8Array): string[] {
  return (Buffer.from(records).toString('hex').match(/.{64}/g) ?? []).sort();
}

describe('memory that is shared with a thread', () => {
  test('shared memory is not used for the next chunk before the thread has read it', async () => {
    const directory = setup.makeFolder();
    const work = parts.map((part) => {
      const values = Array.from({ length: valuesOfPart }, (_, index) =>
        index < (part + 1) * 100 ? `no-at-sign-${part}-${index}` : `customer-${part}-${index}@example.com`,
      );
      const task = { chunk: chunkOf(...values), rules: email, options: {}, directory };
      return setup.workers.identifyChunk(task);
    });
    const rejects = (await Promise.all(work)).map((identified) => identified.rejects['email.no_at']);
    expect(rejects).toEqual(parts.map((part) => (part + 1) * 100));
  });

  test('shared memory is not used for the next records before the thread has read them', async () => {
    const directory = setup.makeFolder();
    const records = parts.map(digestsOf);
    const blocks = await Promise.all(
      records.map((each) => setup.workers.splitForms({ records: each, kind, recordBytes: digestBytes, directory })),
    );
    for (const [index, block] of blocks.entries())
      expect(sorted(readBlocks([block])).join() === sorted(records[index]!).join()).toBe(true);
  });

  test('shared memory is reused once its reader has given it back, and not before', async () => {
    const directory = setup.makeFolder();
    const workers = createWorkers({ threads: 0, sortingBytes: 1 << 24 });
    const seal = (part: number) => {
      const records = digestsOf(part);
      const block = appendBlock(records, layoutOf(kind), `${directory}/part-${part}`);
      const task = { directory, kind, recordBytes: digestBytes, blocks: [block] };
      return workers.sealPartitions(task, records.length);
    };
    const first = await seal(0);
    const second = await seal(1);
    expect(second.records.buffer).not.toBe(first.records.buffer);
    expect(Buffer.from(first.records).toString('hex') === sorted(digestsOf(0)).join('')).toBe(true);
    first.giveBack();
    expect((await seal(2)).records.buffer).toBe(first.records.buffer);
  });
});

test('sorted records are given back only when they are written to the set and are part of its digest', async () => {
  const { workers, makeFolder } = setup;
  /** Whoever has the memory next may write to it at once. */
  const eager: Workers = {
    ...workers,
    async sealPartitions(task, bytes) {
      const { records, giveBack } = await workers.sealPartitions(task, bytes);
      const spoil = () => {
        records.fill(0xff);
        giveBack();
      };
      return { records, giveBack: spoil };
    },
  };
  const directory = `${makeFolder()}/set`;
  const { signal } = new AbortController();
  const set = await createMemberSet({ directory, recordBytes: digestBytes }, { kind, workers: eager, signal });
  const written = parts.map(digestsOf);
  for (const [index, records] of written.entries())
    set.add(appendBlock(records, layoutOf(kind), `${directory}/part-${index}`));
  const sealed = await set.seal();
  const wanted = Buffer.from(sorted(Buffer.concat(written)).join(''), 'hex');
  expect(readFileSync(sealed.path).equals(wanted)).toBe(true);
  expect(sealed.digest).toBe(createHash('sha256').update(wanted).digest('hex'));
});

test('without a thread the main thread does all the work', async () => {
  const workers = createWorkers({ threads: 0, sortingBytes: 1 << 24 });
  const records = digestsOf(7);
  const directory = setup.makeFolder();
  const block = await workers.splitForms({ records, kind, recordBytes: digestBytes, directory });
  expect(sorted(readBlocks([block])).join() === sorted(records).join()).toBe(true);
  expect(block.path).toBe(join(directory, `unsorted-${threadId}`));
  await workers.close();
});
