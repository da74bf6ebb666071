import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SyncError, systemErrorCode } from '../errors.ts';

/*
 * Limits of this process other than memory: address space, threads, open files. Node and DuckDB abort the process when
 * one of them is exhausted, so a run checks them before it starts its work.
 */

/** The remainder of each limit. Infinity if there is no limit, or if it cannot be read. */
export interface Room {
  addressBytes: number;
  threads: number;
  files: number;
}

type Resource = 'address space' | 'threads' | 'open files' | 'memory';

const mebibyte = 1024 * 1024;

/** The needs of a run without worker threads, measured on Linux x64 with Node 24 and DuckDB 1.5. */
const minRoom: Room = { addressBytes: 768 * mebibyte, threads: 7, files: 48 };

/** The address space that a worker thread reserves for its heap, used or not. */
const workerAddressBytes = 640 * mebibyte;

const hints: Record<Resource, string> = {
  'address space':
    'Raise the limit of the address space or remove it (ulimit -v, LimitAS): Node reserves more addresses than it uses memory. To limit the memory, use --max-memory.',
  threads: 'Raise the limit of threads and processes (ulimit -u, docker --pids-limit, podPidsLimit, TasksMax).',
  'open files': 'Raise the limit of open files (ulimit -n, LimitNOFILE).',
  memory: 'Give the process or its container more memory, or lower --max-memory.',
};

/** Returns the number of worker threads that the room allows. With 0, the main thread does their work. */
export function workersThatFit({ addressBytes, threads, files }: Room): number {
  const byAddress = Math.floor((addressBytes - minRoom.addressBytes) / workerAddressBytes);
  return Math.max(0, Math.min(byAddress, threads - minRoom.threads, files - minRoom.files));
}

/** Throws `process.limit` if the room is too small for a run. */
export function requireRoom({ addressBytes, threads, files }: Room): void {
  const rows: [Resource, number, number][] = [
    ['address space', Math.floor(addressBytes / mebibyte), minRoom.addressBytes / mebibyte],
    ['threads', threads, minRoom.threads],
    ['open files', files, minRoom.files],
  ];
  for (const [resource, left, needed] of rows) {
    const unit = resource === 'address space' ? ' MiB' : '';
    if (left < needed)
      throw processLimit(
        resource,
        `The process limits leave too little room for ${resource}: ${Math.max(0, left)}${unit} left, and a run needs ${needed}${unit}.`,
      );
  }
}

/** Returns a `process.limit` error for a failure that a limit of the process caused. Undefined for other errors. */
export function limitFault(error: unknown, work: string): SyncError | undefined {
  const resource = resourceOf(error);
  if (resource === undefined) return undefined;
  const code = systemErrorCode(error);
  return processLimit(
    resource,
    `${work} failed, because the process has run out of ${resource}${code === undefined ? '' : ` (${code})`}.`,
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

/** Tells whether V8 could not allocate memory. V8 has no codes for these errors. */
function isAllocationError(error: unknown): boolean {
  return (
    error instanceof RangeError &&
    /^(Array buffer allocation failed|Out of memory|WebAssembly\.\w+(\(\))?: Out of memory|could not allocate memory)/i.test(
      error.message,
    )
  );
}

/**
 * Flags against the reservations of WebAssembly. It reserves 8 GiB of addresses for each memory, or the remainder of
 * 4 GiB. Threads that start later then find no addresses, and V8 aborts.
 */
const frugalFlags = ['--disable-wasm-trap-handler', '--wasm-max-mem-pages=2048'];

/** Restarts this program in this process with flags that reserve less address space, if that is limited. */
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

/** Limits above this are not checked, because counting the threads of all processes is too slow. */
const maxCheckedThreads = 4096;

/** Returns the threads left to the user. The system exempts the superuser. */
function threadsOfUser(limit: number): number {
  const user = process.getuid?.() ?? 0;
  if (user === 0 || limit > maxCheckedThreads) return Number.POSITIVE_INFINITY;
  const used = listNames('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readText(`/proc/${name}/status`))
    .filter((status) => Number(/^Uid:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) === user)
    .reduce((sum, status) => sum + Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0), 0);
  return limit - used;
}

/** Returns the threads left to the process's cgroup and its parents. A line is "0::/path", or "8:pids:/path" in version 1. */
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

/** Returns empty text for a missing file, as on systems without /proc. */
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
