import { z } from 'zod';
import { integer } from '../configFields.ts';

/*
 * The settings that all destinations share.
 */

export const retry = z
  .strictObject({
    maxAttempts: integer(1, 50)
      .default(8)
      .meta({ title: 'Attempts', description: 'Maximum number of attempts of one request.', unit: 'attempts' }),
    baseMs: integer(1, 60_000).default(500).meta({
      title: 'First delay',
      description:
        'Upper bound of the first delay. The bound doubles with each attempt; each delay is a random time below it.',
      unit: 'ms',
    }),
    maxDelayMs: integer(1, 600_000)
      .default(30_000)
      .meta({ title: 'Maximum delay', description: 'Maximum delay, unless LINE asks for a longer one.', unit: 'ms' }),
    maxTotalMs: integer(1, 86_400_000)
      .default(900_000)
      .meta({ title: 'Total time', description: 'Maximum time for one request with all its attempts.', unit: 'ms' }),
  })
  .prefault({})
  .meta({ title: 'Retries', description: 'Retries after a transient failure of a request.' });

export const jobs = z
  .strictObject({
    wait: z.boolean().default(true).meta({
      title: 'Wait',
      description:
        "Follows LINE's jobs to their end. If false, the run ends after the last upload with status pending and exit code 0.",
    }),
    timeoutMs: integer(1_000, 604_800_000).default(86_400_000).meta({
      title: 'Job timeout',
      description:
        'Maximum wait for jobs, and for a rate-limited upload. Then the run ends with status pending and exit code 75.',
      unit: 'ms',
    }),
    pollMinMs: integer(10, 3_600_000).default(5_000).meta({
      title: 'Minimum poll delay',
      description: 'First delay between two polls of the jobs. It doubles up to pollMaxMs.',
      unit: 'ms',
    }),
    pollMaxMs: integer(10, 3_600_000)
      .default(300_000)
      .meta({ title: 'Maximum poll delay', description: 'Maximum delay between two polls of the jobs.', unit: 'ms' }),
    settleMs: integer(10, 600_000).default(5_000).meta({
      title: 'Settle time',
      description: 'Delay after a lost answer, before LINE is asked whether the upload arrived.',
      unit: 'ms',
    }),
  })
  .prefault({})
  .meta({
    title: 'Jobs',
    description: 'LINE works on uploads asynchronously, as jobs. These fields control how the jobs are followed.',
  });

export type JobsConfig = z.output<typeof jobs>;
