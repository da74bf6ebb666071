import { SyncError, systemErrorCode } from '../errors.ts';
import { limitFault } from './processLimits.ts';

/** Runs work on the state directory or a working file. Errors of the system become `state.*` errors. `label` names the file. */
export async function guardState<T>(label: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw stateError(error, label) ?? error;
  }
}

export function stateError(error: unknown, label: string, access: 'write' | 'read' = 'write'): SyncError | undefined {
  const code = systemErrorCode(error);
  const limited = limitFault(error, `${access === 'read' ? 'Reading' : 'Writing to'} ${label}`);
  if (limited !== undefined) return limited;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new SyncError(
        'state.disk_full',
        `Cannot write to ${label}, because no space is left (${code}).`,
        'Free space there, or set --state (for a rejects file: rejects.path) to a larger disk. A run needs 80 bytes per value, and 300 for phone numbers in three forms.',
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'EISDIR':
    case 'EIO':
    case 'ESTALE':
    case 'EBUSY':
    case 'ENAMETOOLONG':
    case 'ELOOP':
    case 'ENXIO':
      if (access === 'read')
        return new SyncError(
          'state.not_readable',
          `Cannot read ${label} (${code}).`,
          'Run as the owner of the state directory, or set --state or state.directory to another one.',
        );
      return new SyncError(
        'state.not_writable',
        `Cannot write to ${label} (${code}).`,
        'Make a folder available that this user may write to, such as a mounted volume, and set it with --state or state.directory (preview and check: TMPDIR; the rejects file: rejects.path).',
      );
    default:
      return undefined;
  }
}
