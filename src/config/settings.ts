import { z } from 'zod';
import { integer } from '../configFields.ts';

/*
 * The settings of a run: guards, state, plan, shutdown and the file of rejects.
 */

const share = z.number().min(0).max(1);

export const guards = z
  .strictObject({
    maxShrink: share.default(0.5).meta({
      title: 'Largest shrink',
      description:
        'Largest share of the members that a mirror may remove without --approve. Without a snapshot of the last run, the counts that LINE lists for the last uploads are compared instead.',
    }),
    maxRejected: share.default(0.5).meta({
      title: 'Largest share rejected',
      description:
        'Largest share of the values that may be rejected (ifa.all_zero not counted). Nothing is sent above it.',
    }),
    minMembers: integer(1, 1_000_000_000)
      .default(1)
      .meta({ title: 'Fewest members', description: 'Nothing is sent below this number of members.', unit: 'members' }),
    maxDoubtful: share.default(0.5).meta({
      title: 'Largest share doubtful',
      description:
        'Largest share of the phone numbers without a country code that may be invalid in the country in which they are read, in a sample of up to 10,000. Nothing is sent above it, if 100 or more were sampled. Above 5 % there is a warning (phone_country_doubtful).',
    }),
  })
  .prefault({})
  .meta({ title: 'Guards', description: 'Limits that stop a run before anything is sent.' });

export const state = z
  .strictObject({
    directory: z.string().min(1).default('.line-ads-sync').meta({
      title: 'State directory',
      description:
        'Private folder for lock, journal, snapshots and working files, relative to the working directory. One process at a time uses it.',
    }),
    keepSnapshots: z.boolean().default(true).meta({
      title: 'Keep snapshots',
      description:
        'Keeps the member set that LINE holds (hashed, private), so that the next run sends only the changes; false sends the whole set in each run.',
    }),
    resumeMaxAgeHours: z.number().min(0).max(8_760).default(24).meta({
      title: 'Maximum age of a plan to resume',
      description:
        'Unfinished uploads of an earlier run are completed up to this age, and accepted uploads whose jobs LINE does not list are awaited. Older ones are discarded, and the whole set is sent.',
      unit: 'hours',
    }),
  })
  .prefault({})
  .meta({ title: 'State', description: 'Where a run keeps its state, and for how long.' });

export const plan = z
  .strictObject({
    fullRefreshDays: z.number().min(0).max(3_650).default(7).meta({
      title: 'Full refresh',
      description:
        'After this number of days the whole set is sent again, even without changes; 0 sends it in every run.',
      unit: 'days',
    }),
  })
  .prefault({})
  .meta({ title: 'Plan', description: 'How much of the member set a run sends.' });

export const shutdown = z
  .strictObject({
    graceMs: integer(0, 3_600_000).default(20_000).meta({
      title: 'Grace',
      description: 'Maximum time for uploads in flight to end after SIGTERM, SIGINT or SIGHUP.',
      unit: 'ms',
    }),
  })
  .prefault({})
  .meta({ title: 'Shutdown', description: 'How a run ends after a signal.' });

export const rejects = z
  .strictObject({
    path: z.string().min(1).meta({
      title: 'Path',
      description: 'File for one JSON line per rejected value (0600). Each run that reads the source replaces it.',
    }),
    keyColumn: z.string().min(1).optional().meta({
      title: 'Key column',
      description:
        'A column whose value is written with each reject, to find the row again. Never a column of identifiers.',
    }),
  })
  .meta({
    title: 'Rejects',
    description: 'A list of rejected values by row and shape, without the values themselves.',
  });
