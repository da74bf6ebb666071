import type { DatabaseSync } from 'node:sqlite';
import { ZodError } from 'zod';
import { asStateErrors, corrupt } from './sqliteErrors.ts';

/** Work on the journal's database. Work is synchronous: it ends before the call returns, so transactions never overlap. */
export interface Transactions {
  read<T>(work: (database: DatabaseSync) => T): T;
  /** Runs work in one transaction, which is on the disk when the call returns. */
  write<T>(work: (database: DatabaseSync) => T): T;
}

/** Errors become `state.*` errors. A row that the program never writes is damage, as is a file that SQLite cannot read. */
export function createTransactions(database: DatabaseSync, path: string, access: 'write' | 'read'): Transactions {
  function read<T>(work: (database: DatabaseSync) => T): T {
    return asStateErrors(path, access, () => {
      try {
        return work(database);
      } catch (error) {
        if (error instanceof ZodError) throw corrupt(path, 'it holds a row that was never written');
        throw error;
      }
    });
  }

  function write<T>(work: (database: DatabaseSync) => T): T {
    return read(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work(database);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        rollBack(database);
        throw error;
      }
    });
  }

  return { read, write };
}

/** After a failed COMMIT there may be nothing to roll back. The first error is thrown in any case. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec('ROLLBACK');
  } catch {}
}
