import type { IdentifierType } from '../config.ts';
import { SyncError } from '../errors.ts';
import type { LineAdsClient } from './client.ts';
import type { Audience } from './schemas.ts';

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
 * The audience of a sync: by id, which must exist and have the right type, or by exact name and type among all of the
 * account; undefined when that name has yet to be created. Throws audience.not_found, .wrong_type, .ambiguous or
 * .unusable (EXPIRED and FAILED take no uploads).
 */
export async function resolveAudience(
  client: Pick<LineAdsClient, 'listAudiences'>,
  wanted: WantedAudience,
): Promise<Audience | undefined> {
  const audiences = await client.listAudiences();
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
  if (matches.length > 1)
    throw new SyncError(
      'audience.ambiguous',
      `${matches.length} audiences are named ${JSON.stringify(wanted.audienceName)} and of type ${matches[0]?.functionType}: ${matches.map(({ id }) => id).join(', ')}`,
      'Set audienceId to the one that is meant.',
    );
  return matches[0];
}
