import { SyncError } from '../errors.ts';
import type { IdentifierType } from '../identifiers/rules.ts';
import type { Audience } from './lineAds/schemas.ts';

/** LINE's names of our identifier types: of an audience that holds them, and of an upload's `idType`. */
export const lineTypeOf = {
  email: { functionType: 'HASHED_EMAIL_UPLOAD', idType: 'HASHED_EMAIL' },
  phone: { functionType: 'HASHED_PHONE_NUMBER_UPLOAD', idType: 'HASHED_PHONE_NUMBER' },
  ifa: { functionType: 'UPLOAD', idType: 'IFA' },
} as const satisfies Record<IdentifierType, { functionType: string; idType: string }>;

export interface WantedAudience {
  audienceId?: string | undefined;
  audienceName?: string | undefined;
  identifierType: IdentifierType;
}

/**
 * Finds the audience of a sync among all of the account: by id, which must exist and have the right type, or by exact
 * name and type. Undefined if that name has yet to be created. Throws audience.not_found, .wrong_type, .ambiguous or
 * .unusable (EXPIRED and FAILED audiences take no uploads).
 */
export function resolveAudience(audiences: readonly Audience[], wanted: WantedAudience): Audience | undefined {
  const audience =
    wanted.audienceId === undefined
      ? findByName(audiences, wanted)
      : getById(audiences, wanted.audienceId, wanted.identifierType);
  if (audience?.status === 'EXPIRED' || audience?.status === 'FAILED')
    throw new SyncError(
      'audience.unusable',
      `audience ${audience.id} is ${audience.status} at LINE and takes no uploads`,
      'Delete it in the Ad Manager, or use another audience.',
    );
  return audience;
}

/** Whether LINE has not (yet) enough people in the audience to advertise to. */
export function isNotPopulating(audience: Audience): boolean {
  return (
    audience.status === 'IN_PROGRESS' || audience.estimatedSize === '-' || audience.estimatedSize === '100 or fewer'
  );
}

function getById(audiences: readonly Audience[], id: string, identifierType: IdentifierType): Audience {
  const [audience] = findAudiences(audiences, { audienceId: id, identifierType });
  if (audience === undefined)
    throw new SyncError(
      'audience.not_found',
      `there is no audience ${id} among the ${audiences.length} of the ad account`,
      'Check audienceId with `line-ads-sync audiences`.',
    );
  const { functionType } = lineTypeOf[identifierType];
  if (audience.functionType !== functionType)
    throw new SyncError(
      'audience.wrong_type',
      `audience ${id} is of type ${audience.functionType}, which does not take identifierType ${identifierType} (${functionType})`,
      'Use an audience of that type, or another identifierType.',
    );
  return audience;
}

/** Those that are meant: the one with the id, or all of that exact name and type. */
export function findAudiences(audiences: readonly Audience[], wanted: WantedAudience): Audience[] {
  const { audienceId, audienceName, identifierType } = wanted;
  if (audienceId !== undefined) return audiences.filter(({ id }) => id === audienceId);
  const { functionType } = lineTypeOf[identifierType];
  return audiences.filter((audience) => audience.name === audienceName && audience.functionType === functionType);
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
    `${newestFirst.length} audiences are named ${JSON.stringify(name)} and of type ${newest?.functionType}, newest first: ${found}.`,
    `Set audienceId to the one that this sync is for${newest?.createdMs === null ? '' : ` (${newest?.id} is the newest)`}. Delete the others in the Ad Manager if nothing uses them.`,
  );
}

function describeAudience({ id, createdMs, estimatedSize }: Audience): string {
  const created = createdMs === null ? 'creation time unknown' : `created ${isoSeconds(createdMs)}`;
  return `${id} (${created}, size ${estimatedSize ?? 'unknown'})`;
}

function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
