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
import { checkDoubt, countryHint, warnOfDoubt } from '../planning/phoneCountry.ts';
import type { SyncReport } from '../report/report.ts';
import type { ReadingContext } from '../run/context.ts';
import { openSource } from '../sources/openSource.ts';
import { guardState } from '../system/stateErrors.ts';

/** The people who must not be uploaded, whatever a source says. */
export interface Suppressions {
  /** For each list of the sync's identifier type, every line that one of them could be. */
  of(sync: SyncConfig, report: SyncReport): Promise<readonly SealedSet[]>;
}

interface SuppressionList {
  lines: SealedSet;
  /** Values that are no identifiers, so that nobody is kept back by them. */
  rejected: number;
  national: NationalSample;
}

/** Each list is read once for all syncs that read its numbers alike. */
export function createSuppressions(context: ReadingContext): Suppressions {
  const lists = new Map<string, Promise<SuppressionList>>();
  const read = (entry: SuppressionConfig, index: number, rules: IdentifyRules) => {
    const key = JSON.stringify([index, rules]);
    const name = `suppress-${index}-${lists.size}`;
    const list = lists.get(key) ?? context.readLimit(() => readList(entry, name, rules, context));
    lists.set(key, list);
    return list;
  };
  return {
    async of(sync, report) {
      const found: SealedSet[] = [];
      for (const [index, entry] of context.config.suppress.entries()) {
        if (entry.identifierType !== sync.identifierType) continue;
        context.progress.show(sync.name, { stage: 'reading the suppression lists' });
        const { lines, rejected, national } = await read(entry, index, rulesOf(entry, sync));
        warnOf(lines, rejected, index, report);
        warnOfDoubt(national, `suppress[${index}]`, report);
        checkDoubt(national, `suppress[${index}]`, context.config.guards.maxDoubtful);
        found.push(lines);
      }
      return found;
    },
  };
}

/** Phones in every form: whoever is on the list must be found whichever form the source or the list gives. */
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

/** A list of the wrong column, say, would keep nobody back. */
function checkReadable({ counts, rejects }: ReadResult, columns: readonly string[]): void {
  if (counts.values === 0 || counts.members > 0) return;
  throw new SyncError(
    'identifiers.none',
    `None of the values in ${columns.join(', ')} of a suppression list is a valid identifier, so nobody would be kept back by it. Nothing was sent.`,
    countryHint(rejects) ?? 'Check columns, identifierType, defaultCountry and hashed of the entries of suppress.',
  );
}

function warnOf({ count }: SealedSet, rejected: number, index: number, { warnings }: SyncReport): void {
  if (count === 0)
    warnings.push({ code: 'suppression_empty', message: `The list of suppress[${index}] holds nobody.` });
  if (rejected > 0)
    warnings.push({
      code: 'suppression_rejected',
      message: `${rejected} values of the list of suppress[${index}] are no valid identifiers: nobody is kept back by them.`,
    });
}
