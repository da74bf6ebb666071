import { SyncError, systemErrorCode } from '../errors.ts';
import { limitFault } from './processLimits.ts';

/** Runs work on the state directory or a working file. An error of the system becomes one of ours. */
export async function guardState<T>(where: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw stateError(error, where) ?? error;
  }
}

export function stateError(error: unknown, where: string, access: 'write' | 'read' = 'write'): SyncError | undefined {
  const code = systemErrorCode(error);
  const limited = limitFault(error, `${access === 'read' ? 'Reading' : 'Writing to'} ${where}`);
  if (limited !== undefined) return limited;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'EFBIG':
      return new SyncError(
        'state.disk_full',
        `Cannot write to ${where}: no space is left (${code}).`,
        'Free space there, or point --state (for a rejects file rejects.path) at a larger disk; allow 80 bytes a value, for phones in three forms 300.',
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
          `Cannot read ${where} (${code}).`,
          'Run as the user that the state directory belongs to, or give another with --state or state.directory.',
        );
      return new SyncError(
        'state.not_writable',
        `Cannot write to ${where} (${code}).`,
        'Give this user a folder to write to: --state or state.directory, such as a mounted volume (preview and check use TMPDIR; the rejects file is where rejects.path says).',
      );
    default:
      return undefined;
  }
}
