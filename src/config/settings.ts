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
        'Largest share of the members that a mirror may remove without --approve. Without a snapshot of the last run, what LINE tells of the last uploads is compared with.',
    }),
    maxRejected: share.default(0.5).meta({
      title: 'Largest share rejected',
      description:
        'Largest share of the values that may be rejected (ifa.all_zero not counted); above it nothing is sent.',
    }),
    minMembers: integer(1, 1_000_000_000)
      .default(1)
      .meta({ title: 'Fewest members', description: 'Below this many members nothing is sent.', unit: 'members' }),
    maxDoubtful: share.default(0.5).meta({
      title: 'Largest share doubtful',
      description:
        'Largest share of the phone numbers without a country code that may be invalid in the country they are read in, by a sample of up to 10,000; above it, with 100 or more sampled, nothing is sent. Over 5 % there is a warning (phone_country_doubtful).',
    }),
  })
  .prefault({})
  .meta({ title: 'Guards', description: 'What stops a run before anything is sent.' });

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
        'Whether the members that LINE holds are remembered (hashed, private), so that the next run sends only what changed; false sends the whole set each time.',
    }),
    resumeMaxAgeHours: z.number().min(0).max(8_760).default(24).meta({
      title: 'Oldest plan to resume',
      description:
        'Uploads that an earlier run has left are completed up to this age, and accepted ones whose jobs LINE does not list are waited for. Older ones are discarded, and the whole set is sent.',
      unit: 'hours',
    }),
  })
  .prefault({})
  .meta({ title: 'State', description: 'Where a run keeps what it needs, and for how long.' });

export const plan = z
  .strictObject({
    fullRefreshDays: z.number().min(0).max(3_650).default(7).meta({
      title: 'Full refresh',
      description: 'After so many days the whole set is sent again, whatever has changed; 0 sends it in every run.',
      unit: 'days',
    }),
  })
  .prefault({})
  .meta({ title: 'Plan', description: 'How much of the members a run sends.' });

export const shutdown = z
  .strictObject({
    graceMs: integer(0, 3_600_000).default(20_000).meta({
      title: 'Grace',
      description: 'After SIGTERM, SIGINT or SIGHUP, how long uploads in flight may take to end.',
      unit: 'ms',
    }),
  })
  .prefault({})
  .meta({ title: 'Shutdown', description: 'How a run that is told to stop ends.' });

export const rejects = z
  .strictObject({
    path: z.string().min(1).meta({
      title: 'Path',
      description: 'File for one JSON line a rejected value (0600); made anew by each run that reads the source.',
    }),
    keyColumn: z.string().min(1).optional().meta({
      title: 'Key column',
      description: 'A column whose value is written with each reject, to find the row again. Never one of identifiers.',
    }),
  })
  .meta({ title: 'Rejects', description: 'Where rejected values are listed, by row and shape; never the values.' });
