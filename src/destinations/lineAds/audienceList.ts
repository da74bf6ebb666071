import { SyncError } from '../../errors.ts';
import type { Audience, AudienceList } from '../destination.ts';
import type { AudiencePage } from './schemas.ts';

/** The audiences of one page, newest first. */
type GetPage = (page: number) => Promise<AudiencePage>;

export function createAudienceList(getPage: GetPage): AudienceList {
  let latest: Promise<readonly Audience[]> | undefined;

  /** A failed read is not shared: the next reader asks LINE again. */
  function share(reading: Promise<readonly Audience[]>): Promise<readonly Audience[]> {
    latest = reading;
    reading.catch(() => {
      if (latest === reading) latest = undefined;
    });
    return reading;
  }

  const reread = () => share(readAllPages(getPage));
  return {
    recall: () => latest ?? reread(),
    refresh: () => (latest === undefined ? reread() : share(readNewAudiences(getPage, latest))),
    reread,
  };
}

/** The first page holds the newest audiences. If they and the known list make up LINE's total, the list is complete. */
async function readNewAudiences(getPage: GetPage, known: Promise<readonly Audience[]>): Promise<readonly Audience[]> {
  const earlier = await known;
  const { audienceGroups: newest, totalElements } = await getPage(1);
  const newestIds = new Set(newest.map(({ id }) => id));
  const all = [...newest, ...earlier.filter(({ id }) => !newestIds.has(id))];
  return totalElements === all.length ? all : readAllPages(getPage);
}

const maxPasses = 5;
const maxPages = 1000;

/**
 * Reads all pages until they agree. An audience that is created or deleted between two pages shifts the others, and one
 * that shifts to an earlier page would be missed. Two equal passes agree, even if LINE's total differs.
 */
async function readAllPages(getPage: GetPage): Promise<Audience[]> {
  let previous: Pass | undefined;
  for (let count = 0; count < maxPasses; count += 1) {
    const pass = await readPass(getPage);
    if (pass.isConsistent || pass.fingerprint === previous?.fingerprint) return pass.audiences;
    previous = pass;
  }
  throw new SyncError(
    'line.bad_answer',
    `The list of audiences was read ${maxPasses} times and changed between its pages each time.`,
    'Run again when fewer audiences are created and deleted in this ad account.',
  );
}

interface Pass {
  /** Each audience once. */
  audiences: Audience[];
  /** True if the pages agree on one total that is the number of audiences. */
  isConsistent: boolean;
  fingerprint: string;
}

async function readPass(getPage: GetPage): Promise<Pass> {
  const byId = new Map<string, Audience>();
  const listedIds: string[] = [];
  const totals: (number | null)[] = [];
  let hasMore = true;
  while (hasMore && totals.length < maxPages) {
    const { audienceGroups, totalElements, hasNextPage } = await getPage(totals.length + 1);
    const known = byId.size;
    for (const audience of audienceGroups) {
      byId.set(audience.id, audience);
      listedIds.push(audience.id);
    }
    totals.push(totalElements ?? null);
    hasMore = byId.size > known && (hasNextPage === true || byId.size < (totalElements ?? 0));
  }
  const isOneUntoldPage = totals.length === 1 && totals[0] === null;
  return {
    audiences: [...byId.values()],
    isConsistent: listedIds.length === byId.size && (isOneUntoldPage || totals.every((total) => total === byId.size)),
    fingerprint: JSON.stringify([listedIds, totals]),
  };
}
