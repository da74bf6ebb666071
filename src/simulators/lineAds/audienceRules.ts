import { type Answer, refusal } from './answers.ts';
import type { Account } from './state.ts';

const maxNameLength = 120;

/** Returns LINE's refusal of an audience name; undefined if the name is valid. */
export function refuseName(name: string): Answer | undefined {
  if (name.trim() === '') return refusal(400, 'AUDIENCE_GROUP_NAME_EMPTY', 'name');
  if ([...name].length > maxNameLength) return refusal(400, 'AUDIENCE_GROUP_NAME_SIZE_OVER', 'name');
  if (/\p{Cc}/u.test(name)) return refusal(400, 'AUDIENCE_GROUP_NAME_WRONG', 'name');
  return undefined;
}

/** Checks only the form of an id, not whether the audience exists. */
export function refuseIdFormat(id: string): Answer | undefined {
  return /^\d{1,20}$/.test(id) ? undefined : refusal(400, 'UPLOAD_AUDIENCE_GROUP_INVALID_AUDIENCE_ID_FORMAT', 'id');
}

/** Returns LINE's refusal of an id; undefined if the account has that audience. */
export function refuseAudience(account: Account, id: string): Answer | undefined {
  return refuseIdFormat(id) ?? (account.has(id) ? undefined : refusal(400, 'AUDIENCE_GROUP_NOT_FOUND', 'id'));
}
