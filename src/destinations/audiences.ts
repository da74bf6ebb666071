import { SyncError } from '../errors.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { Audience, Words } from './destination.ts';

export interface WantedAudience {
  audienceId?: string | undefined;
  audienceName?: string | undefined;
  identifierType: IdentifierType;
}

/**
 * Finds the audience of a sync among all of the account: by id, which must exist and have the right type, or by exact
 * name and type. Undefined if that name has yet to be created. Throws audience.not_found, .wrong_type, .ambiguous or
 * .unusable (it takes no uploads any more).
 */
export function resolveAudience(
  audiences: readonly Audience[],
  wanted: WantedAudience,
  words: Words,
): Audience | undefined {
  const audience =
    wanted.audienceId === undefined
      ? findByName(audiences, wanted)
      : getById(audiences, wanted.audienceId, wanted, words);
  if (audience?.state === 'unusable')
    throw new SyncError(
      'audience.unusable',
      `Audience ${audience.id} is ${audience.status} at LINE and takes no uploads.`,
      'Delete it in the Ad Manager, or use another audience.',
    );
  return audience;
}

function getById(
  audiences: readonly Audience[],
  id: string,
  { identifierType }: WantedAudience,
  { audienceType }: Words,
): Audience {
  const [audience] = findAudiences(audiences, { audienceId: id, identifierType });
  if (audience === undefined)
    throw new SyncError(
      'audience.not_found',
      `Audience ${id} is not among the ${audiences.length} audiences of the ad account.`,
      'Check audienceId with `line-ads-sync audiences`.',
    );
  if (audience.holds !== identifierType)
    throw new SyncError(
      'audience.wrong_type',
      `Audience ${id} is of type ${audience.type}, which does not hold identifierType ${identifierType} (${audienceType[identifierType]}).`,
      'Use an audience of that type, or another identifierType.',
    );
  return audience;
}

/** Returns the audience with the wanted id, or all audiences of the wanted name and type. */
export function findAudiences(audiences: readonly Audience[], wanted: WantedAudience): Audience[] {
  const { audienceId, audienceName, identifierType } = wanted;
  if (audienceId !== undefined) return audiences.filter(({ id }) => id === audienceId);
  return audiences.filter(({ name, holds }) => name === audienceName && holds === identifierType);
}

function findByName(audiences: readonly Audience[], wanted: WantedAudience): Audience | undefined {
  const matches = findAudiences(audiences, wanted);
  if (matches.length > 1) throw ambiguous(matches.toSorted(byCreation), wanted.audienceName);
  return matches[0];
}

/** Newest first. Audiences without a time of creation come last; ids of one length rise with time. */
function byCreation(a: Audience, b: Audience): number {
  const byTime = (b.createdMs ?? Number.NEGATIVE_INFINITY) - (a.createdMs ?? Number.NEGATIVE_INFINITY);
  return byTime || b.id.length - a.id.length || (a.id < b.id ? 1 : -1);
}

function ambiguous(newestFirst: readonly Audience[], name: string | undefined): SyncError {
  const [newest] = newestFirst;
  const found = newestFirst.map(describeAudience).join(', ');
  return new SyncError(
    'audience.ambiguous',
    `${newestFirst.length} audiences are named ${JSON.stringify(name)} and of type ${newest?.type}, newest first: ${found}.`,
    `Set audienceId to the audience of this sync${newest?.createdMs === null ? '' : ` (${newest?.id} is the newest)`}. Delete the others in the Ad Manager if nothing uses them.`,
  );
}

function describeAudience({ id, createdMs, estimatedSize }: Audience): string {
  const created = createdMs === null ? 'creation time unknown' : `created ${isoSeconds(createdMs)}`;
  return `${id} (${created}, size ${estimatedSize ?? 'unknown'})`;
}

function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
