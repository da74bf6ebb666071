import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Journal } from '../journal.ts';
import { openToRead, openToWrite } from './database.ts';
import { openLocalSets } from './localSets.ts';
import {
  endPlan,
  findUnfinishedPlan,
  insertPlan,
  updateAudience,
  updateBatch,
  updateUploadsBefore,
  updateUploadsListed,
} from './plans.ts';
import { deleteRefusals, findRefusals, putRefusal } from './refusals.ts';
import { findLastRuns, insertRun, updateReport } from './runs.ts';
import { journalSchema } from './schema.ts';
import { deleteSnapshot, findSnapshot, markOutdated, putCursor, putSnapshot } from './snapshots.ts';
import { examineToRead } from './stateDirectory.ts';
import { deleteOld, findNeededFiles } from './tidying.ts';
import { createTransactions } from './transactions.ts';

/**
 * Opens the journal of a state directory: an SQLite database, and a file for each kept set. The work of a call is done when
 * the call returns its promise, so calls neither overlap nor wait for one another.
 */
export async function openLocalJournal(directory: string, access: 'write' | 'read'): Promise<Journal> {
  const path = join(directory, 'journal.db');
  if (access === 'read') examineToRead(directory);
  const database = (access === 'write' ? openToWrite : openToRead)(path, journalSchema());
  const { read, write } = createTransactions(database, path, access);
  const key = read(readKey);
  const keyed = (text: string) => createHmac('sha256', key).update(text).digest('hex');
  const sets = openLocalSets(join(directory, 'members'), keyed);
  /** Files of sets whose plan has yet to begin: another sync may end meanwhile. */
  const awaited = new Set<string>();
  const removeUnneeded = () => sets.removeAllBut(new Set([...read(findNeededFiles), ...awaited]));

  return {
    sets: {
      ...sets,
      keep: async (set, file) => {
        awaited.add(file);
        return sets.keep(set, file);
      },
    },
    keyed,
    beginRun: async (run) => write((db) => insertRun(db, run)),
    endRun: async (runId, report) => write((db) => updateReport(db, runId, report)),
    lastRuns: async (count) => read((db) => findLastRuns(db, count)),
    unfinishedPlan: async (syncKey) => read((db) => findUnfinishedPlan(db, syncKey)),
    async beginPlan(plan) {
      const recorded = write((db) => insertPlan(db, plan));
      for (const { file } of [plan.lines, plan.next]) awaited.delete(file);
      return recorded;
    },
    noteUploadsBefore: async (plan, ids) => write((db) => updateUploadsBefore(db, plan, ids)),
    noteIntent: async (plan, batch) =>
      write((db) => {
        markOutdated(db, plan);
        updateBatch(db, plan, batch);
      }),
    noteAnswer: async (plan, batch) =>
      write((db) => {
        updateAudience(db, plan);
        updateBatch(db, plan, batch);
      }),
    noteUploads: async (plan, batches) =>
      write((db) => {
        updateUploadsListed(db, plan);
        for (const batch of batches) updateBatch(db, plan, batch);
      }),
    async succeed(plan, snapshot) {
      write((db) => {
        endPlan(db, plan, 'succeeded');
        deleteRefusals(db, plan);
        if (snapshot === undefined) deleteSnapshot(db, plan);
        else putSnapshot(db, plan, snapshot);
      });
      removeUnneeded();
    },
    async giveUp(plan, outcome) {
      write((db) => endPlan(db, plan, outcome));
      removeUnneeded();
    },
    snapshot: async (syncKey) => read((db) => findSnapshot(db, syncKey)),
    async forgetSnapshot(syncKey) {
      write((db) => deleteSnapshot(db, syncKey));
      removeUnneeded();
    },
    noteCursor: async (syncKey, cursor) => write((db) => putCursor(db, syncKey, cursor)),
    refuse: async (refusal) => write((db) => putRefusal(db, refusal)),
    refusals: async (syncKey) => read((db) => findRefusals(db, syncKey)),
    async tidy(nowMs) {
      write((db) => deleteOld(db, nowMs));
      removeUnneeded();
    },
    [Symbol.asyncDispose]: async () => database.close(),
  };
}

function readKey(database: DatabaseSync): Uint8Array {
  return z.instanceof(Uint8Array).parse(database.prepare('SELECT key FROM secret').get()?.key);
}
