import { createHash } from 'node:crypto';
import { median } from './measure.ts';

/*
 * Measures the kernel alone on one thread, next to the work of a naive program per value and to the physical limit.
 *
 * The physical limit: a plain email with its padding is one SHA-256 block of 64 bytes, so a second cannot hash more emails
 * than blocks. OpenSSL shows that number on large buffers, where it runs only the SHA instructions of the processor
 * (SHA-NI) on one core: no strings, no calls, no padding. On a processor without them, the limit is that of OpenSSL's
 * code.
 */

/** Values per second on one thread, as medians of several turns. */
export interface KernelRates {
  /** From lines to records: find the value, check it, lower case, SHA-256. */
  kernelPerSecond: number;
  /** `createHash('sha256').update(value).digest('hex')`, on normalised values. */
  createHashPerSecond: number;
  /** SHA-256 blocks. */
  limitPerSecond: number;
}

const values = 1_000_000;
const blockBytes = 64;
const digestBytes = 32;
const bufferBytes = 1024 * 1024;
const buffers = 64;

type Rate = keyof KernelRates;

/** Hashes plain emails of 33 bytes in the three ways, in turns. The first turn warms up and is not counted. */
export async function measureKernel(repeat: number): Promise<KernelRates> {
  const emails = Array.from(
    { length: values },
    (_, number) => `sakura.mango.${String(number).padStart(8, '0')}@example.com`,
  );
  const ways: [Rate, Way][] = [
    ['kernelPerSecond', await createKernelWay(emails)],
    ['createHashPerSecond', createHashWay(emails)],
    ['limitPerSecond', createLimitWay()],
  ];
  const turns: KernelRates[] = [];
  for (let turn = 0; turn <= repeat; turn++)
    turns.push(Object.fromEntries(ways.map(([rate, way]) => [rate, ratePerSecond(way)])) as Record<Rate, number>);
  const medianOf = (rate: Rate) => Math.round(median(turns.slice(1).map((turn) => turn[rate])));
  return {
    kernelPerSecond: medianOf('kernelPerSecond'),
    createHashPerSecond: medianOf('createHashPerSecond'),
    limitPerSecond: medianOf('limitPerSecond'),
  };
}

/** Does the work once and returns the number of values. */
type Way = () => number;

function ratePerSecond(work: Way): number {
  const started = performance.now();
  const done = work();
  return (done / (performance.now() - started)) * 1000;
}

async function createKernelWay(emails: readonly string[]): Promise<Way> {
  const { createEmailKernel } = await import('../src/kernel/emailKernel.ts');
  const kernel = createEmailKernel();
  const lines = Buffer.from(`${emails.join('\n')}\n`);
  const records = Buffer.alloc(emails.length * digestBytes);
  return () => {
    const { members } = kernel.identify(lines, records);
    if (members !== emails.length) throw new Error(`The kernel decided ${members} of ${emails.length} plain emails.`);
    return members;
  };
}

function createHashWay(emails: readonly string[]): Way {
  return () => {
    for (const email of emails) createHash('sha256').update(email).digest('hex');
    return emails.length;
  };
}

function createLimitWay(): Way {
  const buffer = Buffer.alloc(bufferBytes);
  return () => {
    const hash = createHash('sha256');
    for (let times = 0; times < buffers; times++) hash.update(buffer);
    hash.digest();
    return (buffers * bufferBytes) / blockBytes;
  };
}
