import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type SuppressionConfig, type SyncConfig, wantedColumns } from '../config/schema.ts';
import { SyncError } from '../errors.ts';
import { kinds } from '../identifiers/kinds.ts';
import { phoneFormats } from '../identifiers/phoneFormats.ts';
import type { IdentifyRules } from '../identifiers/rules.ts';
import type { SealedSet } from '../members/memberSet.ts';
import type { NationalSample } from '../members/nationalSampler.ts';
import { type ReadResult, readMembers } from '../members/readMembers.ts';
import { collectLines } from '../members/uploadLines.ts';
import type { Warning } from '../report/report.ts';
import { openSource } from '../sources/openSource.ts';
import { guardState } from '../system/stateErrors.ts';
import type { ReadingContext } from './context.ts';
import { checkDoubt, countryHint, doubtWarnings } from './phoneCountry.ts';

/** The members that must not be uploaded even if a source holds them. */
export interface Suppressions {
  /** Reads all lists of the sync's identifier type. Never throws. */
  of(sync: SyncConfig): Promise<SuppressionLists>;
}

export interface SuppressionLists {
  /** The lines of each list's entries. */
  lists: readonly SealedSet[];
  warnings: readonly Warning[];
  /** The error of a list that cannot be read or used. The lists after it are not read. */
  failure: { error: unknown } | undefined;
}

interface SuppressionList {
  lines: SealedSet;
  /** Values of the list that are no identifiers, and so suppress no member. */
  rejected: number;
  national: NationalSample;
}

/** Reads each list once for all syncs with the same rules for its values. */
export function createSuppressions(context: ReadingContext): Suppressions {
  const { config, progress, readLimit } = context;
  const lists = new Map<string, Promise<SuppressionList>>();
  const read = (entry: SuppressionConfig, index: number, rules: IdentifyRules) => {
    const key = JSON.stringify([index, rules]);
    const name = `suppress-${index}-${lists.size}`;
    const list = lists.get(key) ?? readLimit(() => readList(entry, name, rules, context));
    lists.set(key, list);
    return list;
  };
  return {
    async of(sync) {
      const found: SealedSet[] = [];
      const warnings: Warning[] = [];
      try {
        for (const [index, entry] of config.suppress.entries()) {
          if (entry.identifierType !== sync.identifierType) continue;
          progress.show(sync.name, { stage: 'reading the suppression lists' });
          const list = await read(entry, index, rulesOf(entry, sync));
          warnings.push(...listWarnings(list, `suppress[${index}]`));
          checkDoubt(list.national, `suppress[${index}]`, config.guards.maxDoubtful);
          found.push(list.lines);
        }
      } catch (error) {
        return { lists: found, warnings, failure: { error } };
      }
      return { lists: found, warnings, failure: undefined };
    },
  };
}

/** Phones are compared in all forms, since source and list may give different ones. */
function rulesOf({ identifierType, defaultCountry, hashed }: SuppressionConfig, sync: SyncConfig): IdentifyRules {
  const country = defaultCountry ?? sync.defaultCountry;
  return { identifierType, hashed, phoneFormats, ...(country !== undefined && { defaultCountry: country }) };
}

async function readList(
  entry: SuppressionConfig,
  name: string,
  rules: IdentifyRules,
  { workDirectory, stdin, memory, workers, signal }: ReadingContext,
): Promise<SuppressionList> {
  const directory = join(workDirectory, name);
  await guardState(directory, () => mkdirSync(directory, { mode: 0o700 }));
  await using source = await openSource(
    entry.source,
    { choices: [wantedColumns(entry)] },
    { directory, stdin, duckdbBytes: memory.duckdbBytes, signal },
  );
  const [read] = await readMembers(source, [{ name, rules, directory, onProgress: () => {} }], { workers, signal });
  checkReadable(
    read!,
    source.choices[0]!.identifiers.map((position) => source.columns[position]!),
  );
  const kind = kinds[rules.identifierType];
  const lines = await collectLines(read!.members, join(directory, 'lines'), { kind, workers, signal });
  return { lines, rejected: read!.counts.rejected, national: read!.national };
}

/** Throws `identifiers.none` if no value of a list is valid: a list of the wrong column suppresses no member. */
function checkReadable({ counts, rejects }: ReadResult, columns: readonly string[]): void {
  if (counts.values === 0 || counts.members > 0) return;
  throw new SyncError(
    'identifiers.none',
    `None of the values in ${columns.join(', ')} of a suppression list is a valid identifier, so the list would suppress no member. Nothing was sent.`,
    countryHint(rejects) ?? 'Check columns, identifierType, defaultCountry and hashed of the entries of suppress.',
  );
}

function listWarnings({ lines, rejected, national }: SuppressionList, label: string): Warning[] {
  const warnings: Warning[] = [];
  if (lines.count === 0) warnings.push({ code: 'suppression_empty', message: `The list of ${label} is empty.` });
  if (rejected > 0)
    warnings.push({
      code: 'suppression_rejected',
      message: `${rejected} values of the list of ${label} are not valid identifiers and suppress no member.`,
    });
  return [...warnings, ...doubtWarnings(national, label)];
}
