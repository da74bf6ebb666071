import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/*
 * `expected.py` computes the members that LINE must hold. It shares no code with the program.
 */

/** A question to the independent program: the members in columns of some files. */
export interface Order {
  files: readonly { path: string; as: 'csv' | 'csv.gz' | 'jsonl' }[];
  columns: readonly string[];
  type: string;
  country?: string;
  countryColumn?: string;
  forms?: readonly string[];
}

export interface Expected {
  lines: string[];
  rows: number;
  empty: number;
  values: number;
  rejected: number;
  duplicates: number;
  members: number;
}

export async function expectedOf(orders: readonly Order[]): Promise<Expected[]> {
  const python = spawn('python3', [fileURLToPath(new URL('expected.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  python.stdin.end(JSON.stringify(orders));
  const [output] = await Promise.all([text(python.stdout), once(python, 'close')]);
  return JSON.parse(output) as Expected[];
}

// In CI the independent program must exist, so that every comparison is made.
export const mayCompare = process.env.CI !== undefined || spawnSync('python3', ['--version']).status === 0;
