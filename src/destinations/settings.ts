import { z } from 'zod';
import { integer } from '../configFields.ts';

/*
 * The settings that hold for every destination.
 */

export const retry = z
  .strictObject({
    maxAttempts: integer(1, 50)
      .default(8)
      .meta({ title: 'Attempts', description: 'Most attempts of one request.', unit: 'attempts' }),
    baseMs: integer(1, 60_000).default(500).meta({
      title: 'First delay',
      description: 'Upper bound of the first delay; it doubles with each attempt, and the delay is drawn below it.',
      unit: 'ms',
    }),
    maxDelayMs: integer(1, 600_000)
      .default(30_000)
      .meta({ title: 'Longest delay', description: 'Upper bound of any delay that LINE did not ask for.', unit: 'ms' }),
    maxTotalMs: integer(1, 86_400_000)
      .default(900_000)
      .meta({ title: 'Total time', description: 'Most time spent on one request with all its attempts.', unit: 'ms' }),
  })
  .prefault({})
  .meta({ title: 'Retries', description: 'What happens after a transient failure of a request.' });

export const jobs = z
  .strictObject({
    wait: z.boolean().default(true).meta({
      title: 'Wait',
      description:
        "Whether to follow LINE's jobs to their end; false ends after the last upload with status pending and exit 0.",
    }),
    timeoutMs: integer(1_000, 604_800_000).default(86_400_000).meta({
      title: 'Job timeout',
      description:
        'Longest wait for jobs, and for a rate-limited upload; then the run ends with status pending and exit 75.',
      unit: 'ms',
    }),
    pollMinMs: integer(10, 3_600_000).default(5_000).meta({
      title: 'Shortest poll',
      description: 'First delay between two looks at the jobs; it grows from there.',
      unit: 'ms',
    }),
    pollMaxMs: integer(10, 3_600_000)
      .default(300_000)
      .meta({ title: 'Longest poll', description: 'Longest delay between two looks at the jobs.', unit: 'ms' }),
    settleMs: integer(10, 600_000).default(5_000).meta({
      title: 'Settle time',
      description: 'How long to wait after a lost answer before looking whether the upload arrived.',
      unit: 'ms',
    }),
  })
  .prefault({})
  .meta({ title: 'Jobs', description: 'LINE works on uploads asynchronously; this is how its jobs are followed.' });

export type JobsConfig = z.output<typeof jobs>;
