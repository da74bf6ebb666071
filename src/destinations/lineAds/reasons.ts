import type { ErrorCode } from '../../errors.ts';

/*
 * Explanations of LINE's reason codes (docs/line-ads-api.md, "Errors").
 */

/** `message` is a clause that follows the name of the request; `hint` is a sentence. */
export interface Explanation {
  code: ErrorCode;
  message: string;
  hint: string;
}

export const permissionHint =
  'Check in the Ad Manager (Group settings) that the API user may use this ad account; uploads need the Data Provider permission.';
export const accountHint = 'Check connection.adAccountId, and that this API user belongs to that account.';
const nameHint = 'Change audienceName of this sync (1 to 120 characters).';
const fileHint = 'Report this error: every line is made from a checked value, so LINE should take the file.';
const lockHint = 'Run again later. If the failure persists, check for other programs that change this audience.';

export function explanation(code: ErrorCode, message: string, hint: string): Explanation {
  return { code, message, hint };
}

export const explanationByReason: ReadonlyMap<string, Explanation> = new Map([
  [
    'AUTHORIZATION_FAILED',
    explanation('auth.failed', 'the credentials are not accepted', 'Check accessKey, secretKey and the clock.'),
  ],
  [
    'PARTNER_PERMISSION_DENIED',
    explanation('auth.not_permitted', 'this API user lacks the permission for the request', permissionHint),
  ],
  [
    'ACCOUNT_NOT_ALLOWED',
    explanation('auth.not_permitted', 'this API user has no access to the ad account', permissionHint),
  ],
  [
    'REQUEST_INPUT_ADACCOUNT_ID_INVALID',
    explanation('auth.account_not_found', 'the ad account id is not valid', accountHint),
  ],
  ['INVALID_ACCOUNT_ID', explanation('auth.account_not_found', 'no ad account has this id', accountHint)],
  [
    'ENTITY_NOT_FOUND_INVALID_ID',
    explanation('auth.account_not_found', 'the ad account, or the requested object in it, does not exist', accountHint),
  ],
  [
    'REMOVED_ENTITY',
    explanation('auth.account_not_found', 'the ad account, or the audience in it, was removed', accountHint),
  ],
  [
    'AUDIENCE_GROUP_NOT_FOUND',
    explanation(
      'audience.not_found',
      'the audience does not exist',
      'Check audienceId, and whether the audience was deleted.',
    ),
  ],
  [
    'AUDIENCE_GROUP_NAME_DUPLICATE',
    explanation(
      'audience.ambiguous',
      'another audience has this name, perhaps one of another type',
      'Set audienceId to use that audience, or change audienceName.',
    ),
  ],
  [
    'AUDIENCE_GROUP_NAME_SIZE_OVER',
    explanation('upload.refused', 'the audience name is over 120 characters', nameHint),
  ],
  ['AUDIENCE_GROUP_NAME_WRONG', explanation('upload.refused', 'LINE does not allow this audience name', nameHint)],
  ['AUDIENCE_GROUP_NAME_EMPTY', explanation('upload.refused', 'the audience name is empty', nameHint)],
  [
    'AUDIENCE_GROUP_COUNT_MAX_OVER',
    explanation(
      'upload.refused',
      'the account has the maximum number of audiences',
      'Delete unused audiences in the Ad Manager.',
    ),
  ],
  [
    'UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT',
    explanation('upload.refused', 'LINE does not take a line of the file as an identifier of this type', fileHint),
  ],
  [
    'UPLOAD_AUDIENCE_GROUP_TOO_MANY_AUDIENCE_IDS',
    explanation('upload.refused', 'the file has too many lines', 'Lower batch.maxRecords.'),
  ],
  [
    'UPLOAD_AUDIENCE_GROUP_NO_VALID_AUDIENCE_IDS',
    explanation('upload.refused', 'LINE found no valid identifier in the file', fileHint),
  ],
  [
    'AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED',
    explanation(
      'audience.unusable',
      'the audience has expired',
      'Delete it in the Ad Manager, or use another audience.',
    ),
  ],
  ['EMPTY_FILE', explanation('upload.refused', 'the file arrived empty', fileHint)],
  ['FILE_SIZE_LIMIT_EXCEEDED', explanation('upload.refused', 'the file is too large', 'Lower batch.maxBytes.')],
  ['INVALID_FILE_CONTENT', explanation('upload.refused', 'LINE could not use the content of the file', fileHint)],
  ['DECODING_FAILED', explanation('upload.refused', 'LINE could not read the file as text', fileHint)],
  ['LOCK_DEFAULT', explanation('line.retries_exhausted', 'LINE kept the audience locked', lockHint)],
  [
    'BLOCK_APP_CANNOT_ACQUIRE_LOCK',
    explanation('line.retries_exhausted', 'LINE could not lock the audience for the request', lockHint),
  ],
  [
    'BLOCKED_BY_EXCEEDING_TIME_LIMIT',
    explanation('line.retries_exhausted', 'LINE blocked the request because it took too long', lockHint),
  ],
  ['COPY_FAILED_WITH_LOCK', explanation('line.retries_exhausted', 'LINE could not copy the locked audience', lockHint)],
]);

/** LINE's reasons that are worth a retry. */
const transientReasons: ReadonlySet<string> = new Set([
  'LOCK_DEFAULT',
  'BLOCK_APP_CANNOT_ACQUIRE_LOCK',
  'BLOCKED_BY_EXCEEDING_TIME_LIMIT',
  'COPY_FAILED_WITH_LOCK',
]);

export function isTransientReason(reason: string): boolean {
  return transientReasons.has(reason);
}

/** The reasons that have a message of their own. */
export const explainedReasons: readonly string[] = [...explanationByReason.keys()];
