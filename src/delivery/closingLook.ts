import type { Audience, Destination } from '../destinations/destination.ts';
import { noteAudience, type SyncReport } from '../report/report.ts';

/** Notes status and size of the audiences of all syncs that succeeded. One reading of the audience list serves them. */
export async function takeClosingLook(
  reports: readonly SyncReport[],
  destination: Pick<Destination, 'audiences'>,
): Promise<void> {
  const succeeded = reports.filter(({ status }) => status === 'succeeded');
  if (succeeded.length === 0) return;
  const audiences = await destination.audiences.reread().catch(() => undefined);
  for (const report of succeeded) noteClosingLook(report, audiences);
}

function noteClosingLook(report: SyncReport, audiences: readonly Audience[] | undefined): void {
  if (audiences === undefined) {
    report.warnings.push({
      code: 'audience_not_seen',
      message: `The jobs of ${report.name} finished, but a last look at the audience failed.`,
    });
    return;
  }
  const audience = audiences.find(({ id }) => id === report.audience.id);
  if (audience === undefined) return;
  noteAudience(report, audience);
  if (audience.state === 'filling') report.warnings.push(notPopulating(audience));
}

function notPopulating({ status, estimatedSize }: Audience) {
  return {
    code: 'audience_not_populating',
    message: `The audience is ${status} with an estimated size of ${estimatedSize ?? 'nothing'}: it may take LINE hours to match people, and with 100 or fewer matched it cannot be advertised to. If it stays so, check the identifier form (for phones: phoneFormats).`,
  };
}
