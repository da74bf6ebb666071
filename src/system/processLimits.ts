import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SyncError, systemErrorCode } from '../errors.ts';

/*
 * What the system allows this process beside its memory: address space, threads, open files. Node and DuckDB abort the
 * process when one of them runs out, so a run looks at them before it starts its work.
 */

/** What is left of each limit; Infinity where there is none, or none can be read. */
export interface Room {
  addressBytes: number;
  threads: number;
  files: number;
}

type Resource = 'address space' | 'threads' | 'open files' | 'memory';

const mebibyte = 1024 * 1024;

/** What a run takes without worker threads, measured on Linux x64 with Node 24 and DuckDB 1.5. */
const least: Room = { addressBytes: 768 * mebibyte, threads: 7, files: 48 };

/** What a worker thread reserves for its heap, whether it uses it or not. */
const workerAddressBytes = 640 * mebibyte;

const hints: Record<Resource, string> = {
  'address space':
    'Raise this limit or remove it (ulimit -v, LimitAS): Node reserves more addresses than it uses memory. --max-memory limits the memory itself.',
  threads: 'Raise the limit of threads and processes (ulimit -u, docker --pids-limit, podPidsLimit, TasksMax).',
  'open files': 'Raise the limit of open files (ulimit -n, LimitNOFILE).',
  memory: 'Give the process or its container more memory, or lower --max-memory.',
};

/** How many worker threads there is room for. At 0 the main thread does their work. */
export function workersThatFit({ addressBytes, threads, files }: Room): number {
  const byAddress = Math.floor((addressBytes - least.addressBytes) / workerAddressBytes);
  return Math.max(0, Math.min(byAddress, threads - least.threads, files - least.files));
}

/** Throws `process.limit` when there is too little room for a run. */
export function requireRoom({ addressBytes, threads, files }: Room): void {
  const rows: [Resource, number, number][] = [
    ['address space', Math.floor(addressBytes / mebibyte), least.addressBytes / mebibyte],
    ['threads', threads, least.threads],
    ['open files', files, least.files],
  ];
  for (const [resource, left, needed] of rows) {
    const unit = resource === 'address space' ? ' MiB' : '';
    if (left < needed)
      throw processLimit(
        resource,
        `The process has too little room for ${resource}: ${Math.max(0, left)}${unit} left, and a run takes ${needed}${unit}.`,
      );
  }
}

/** A `process.limit` error for what a limit of the process made fail; undefined for any other error. */
export function limitFault(error: unknown, work: string): SyncError | undefined {
  const resource = resourceOf(error);
  if (resource === undefined) return undefined;
  const code = systemErrorCode(error);
  return processLimit(
    resource,
    `${work} failed: the process has run out of ${resource}${code === undefined ? '' : ` (${code})`}.`,
  );
}

function processLimit(resource: Resource, message: string): SyncError {
  return new SyncError('process.limit', message, hints[resource]);
}

function resourceOf(error: unknown): Resource | undefined {
  switch (systemErrorCode(error)) {
    case 'EMFILE':
    case 'ENFILE':
      return 'open files';
    case 'EAGAIN':
    case 'ERR_WORKER_INIT_FAILED':
      return 'threads';
    case 'ENOMEM':
    case 'ERR_MEMORY_ALLOCATION_FAILED':
    case 'ERR_WORKER_OUT_OF_MEMORY':
      return hasAddressLimit() ? 'address space' : 'memory';
    case 'ERR_DLOPEN_FAILED':
      return hasAddressLimit() ? 'address space' : undefined;
    default:
      return isAllocationError(error) ? (hasAddressLimit() ? 'address space' : 'memory') : undefined;
  }
}

/** V8 has no codes for these. */
function isAllocationError(error: unknown): boolean {
  return (
    error instanceof RangeError &&
    /^(Array buffer allocation failed|Out of memory|WebAssembly\.\w+(\(\))?: Out of memory|could not allocate memory)/i.test(
      error.message,
    )
  );
}

/**
 * WebAssembly reserves 8 GiB of addresses for each memory, or as much of 4 GiB as there is: that leaves none for the
 * threads that start later, and V8 aborts.
 */
const frugalFlags = ['--disable-wasm-trap-handler', '--wasm-max-mem-pages=2048'];

/** Where the address space is limited, starts this program again in this process, with flags that reserve less of it. */
export function restartFrugally(): void {
  if (!hasAddressLimit() || frugalFlags.every((flag) => process.execArgv.includes(flag))) return;
  try {
    const args = [process.execPath, ...frugalFlags, ...process.execArgv, ...process.argv.slice(1)];
    process.execve?.(process.execPath, args, process.env);
  } catch {
    // This system has no such call.
  }
}

function hasAddressLimit(): boolean {
  return readRoom().addressBytes !== Number.POSITIVE_INFINITY;
}

/** Reads the limits of this process from /proc and its cgroups. */
export function readRoom(): Room {
  const limits = readText('/proc/self/limits');
  const softLimit = (name: string) => Number(new RegExp(`^${name} +(\\d+)`, 'm').exec(limits)?.[1] ?? Infinity);
  const usedKibibytes = Number(/^VmSize:\s+(\d+)/m.exec(readText('/proc/self/status'))?.[1] ?? 0);
  return {
    addressBytes: softLimit('Max address space') - usedKibibytes * 1024,
    threads: Math.min(threadsOfUser(softLimit('Max processes')), threadsOfCgroup()),
    files: softLimit('Max open files') - listNames('/proc/self/fd').length,
  };
}

/** Above this, counting the threads of all processes costs more than it can tell. */
const largestCounted = 4096;

/** The system exempts the superuser. */
function threadsOfUser(limit: number): number {
  const user = process.getuid?.() ?? 0;
  if (user === 0 || limit > largestCounted) return Number.POSITIVE_INFINITY;
  const used = listNames('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readText(`/proc/${name}/status`))
    .filter((status) => Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) === user)
    .reduce((sum, status) => sum + Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0), 0);
  return limit - used;
}

/** The tightest limit of the process's cgroup and of those above it. A line is "0::/path", or "8:pids:/path" in version 1. */
function threadsOfCgroup(): number {
  const lines = readText('/proc/self/cgroup').split('\n');
  const first = lines.find((line) => /^\d+:pids:/.test(line));
  const own = (first ?? lines.find((line) => line.startsWith('0::')))?.split(':').slice(2).join(':');
  const root = first === undefined ? '/sys/fs/cgroup' : '/sys/fs/cgroup/pids';
  let left = Number.POSITIVE_INFINITY;
  for (let path = own; path !== undefined; path = path === '/' ? undefined : dirname(path)) {
    const max = Number.parseInt(readText(join(root, path, 'pids.max')), 10);
    const current = Number.parseInt(readText(join(root, path, 'pids.current')), 10);
    if (max >= 0 && current >= 0) left = Math.min(left, max - current);
  }
  return left;
}

/** Empty where there is no such file, as on systems without /proc. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function listNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
