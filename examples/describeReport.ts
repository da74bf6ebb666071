/** The fields of the report that the demo reads (docs/report.md). */
export interface Report {
  status: string;
  syncs: SyncReport[];
}

interface SyncReport {
  name: string;
  status: string;
  mode: string;
  identifierType: string;
  audience: { id: string | null; name: string | null; created: boolean } | null;
  plan: { action: string; batches: number } | null;
  counts: Record<'rows' | 'empty' | 'values' | 'rejected' | 'duplicates' | 'members' | 'uploaded', number>;
  rejects: Record<string, number>;
  error: { message: string; hint: string } | null;
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}

function describeCounts({ counts }: SyncReport): string[] {
  const { values, rejected, duplicates, members } = counts;
  return [
    `${number(counts.rows)} rows gave ${number(values)} values (${number(counts.empty)} empty cells)`,
    `${number(values)} values = ${number(rejected)} rejected + ${number(duplicates)} duplicates + ${number(members)} members`,
    `${number(counts.uploaded)} lines uploaded`,
  ];
}

function describeRejects({ rejects }: SyncReport): string[] {
  const codes = Object.entries(rejects).sort(([, one], [, other]) => other - one);
  return codes.length === 0 ? [] : [`rejected: ${codes.map(([code, count]) => `${code} ${number(count)}`).join(', ')}`];
}

function describeUploads({ audience, plan }: SyncReport): string[] {
  if (audience === null || plan === null) return [];
  const how = audience.created ? 'created' : 'found';
  const batches = `${plan.batches} batch${plan.batches === 1 ? '' : 'es'}`;
  return [`audience "${audience.name}" ${how} (id ${audience.id}), ${plan.action} in ${batches}`];
}

function describeSync(sync: SyncReport): string {
  const failure = sync.error === null ? [] : [sync.error.message, sync.error.hint];
  const lines = [...describeCounts(sync), ...describeRejects(sync), ...describeUploads(sync), ...failure];
  const head = `${sync.name} (${sync.identifierType}, ${sync.mode}): ${sync.status}`;
  return [head, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** Describes the report in words, for a terminal. */
export function describeReport(report: Report): string {
  return [`Run: ${report.status}`, ...report.syncs.map(describeSync)].join('\n\n');
}
