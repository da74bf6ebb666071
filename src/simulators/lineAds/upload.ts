import { z } from 'zod';
import { type Answer, refusal, unnamedReason } from './answers.ts';
import { refuseAudience, refuseIdFormat, refuseName } from './audienceRules.ts';
import type { Account, NewJob } from './state.ts';
import type { MultipartForm, UploadedFile } from './uploadForm.ts';

/** An upload whose form is valid. The account has not been checked yet. */
export interface ReceivedUpload {
  action: 'ADD' | 'REPLACE';
  functionType: string;
  file: UploadedFile;
  /** The name of an audience to create, or the id of an existing one. */
  target: { name: string } | { id: string };
}

/** 60 MiB (docs/line-ads-api.md, "File"). Here it limits the whole body; whether LINE limits only the file is open. */
export const maxUploadBytes = 62_914_560;

const functionTypes = {
  IFA: 'UPLOAD',
  HASHED_PHONE_NUMBER: 'HASHED_PHONE_NUMBER_UPLOAD',
  HASHED_EMAIL: 'HASHED_EMAIL_UPLOAD',
} as const;

const fieldsSchema = z.strictObject({
  action: z.enum(['ADD', 'REPLACE']),
  idType: z.enum(['IFA', 'HASHED_PHONE_NUMBER', 'HASHED_EMAIL']),
  name: z.string().optional(),
  id: z.string().optional(),
});

interface Refused {
  refused: Answer;
  /** The reason for the record of breaches, without identifiers. */
  why: string;
}

function refuse(why: string, property: string, reason = unnamedReason): Refused {
  return { refused: refusal(400, reason, property), why };
}

function readTarget(name: string | undefined, id: string | undefined): ReceivedUpload['target'] | Refused {
  if (name !== undefined && id !== undefined) return refuse('it names an audience both by name and by id', 'name');
  if (name !== undefined) {
    const refused = refuseName(name);
    return refused === undefined ? { name } : { refused, why: 'its audience name is not allowed' };
  }
  if (id === undefined) return refuse('it names no audience', 'name');
  const refused = refuseIdFormat(id);
  return refused === undefined ? { id } : { refused, why: 'its audience id is not a number' };
}

function refuseFile(file: UploadedFile, isIfa: boolean): Refused | undefined {
  if (file.fileName.trim() === '') return refuse('its file has no name', 'file');
  if (file.contentType !== 'text/plain' && file.contentType !== 'text/csv')
    return refuse('its file is neither text/plain nor text/csv', 'file');
  if (file.bytes === 0) return refuse('its file is empty', 'file', 'EMPTY_FILE');
  // [open] Whether one malformed line fails the whole file. Here it does.
  if ((isIfa ? file.ifaCount : file.hashCount) !== file.lineCount)
    return refuse('a line of its file is malformed', 'file', 'INVALID_FILE_CONTENT');
  return undefined;
}

/** Returns the upload of a form, or LINE's refusal (docs/line-ads-api.md, "Uploads", "File" and "Errors"). */
export function readUpload(form: MultipartForm): ReceivedUpload | Refused {
  const fields = fieldsSchema.safeParse(form.fields);
  if (!fields.success) return refuse('action or idType is missing or wrong', fieldOf(fields.error));
  if (form.unwantedParts.length > 0) return refuse('it has parts too many', form.unwantedParts[0] ?? '');
  if (form.file === undefined) return refuse('it has no file with a name', 'file');
  const { action, idType, name, id } = fields.data;
  const target = readTarget(name, id);
  if ('refused' in target) return target;
  // [open] Whether a REPLACE may create an audience. Here it may not.
  if (action === 'REPLACE' && 'name' in target) return refuse('it is a REPLACE without an audience id', 'id');
  return (
    refuseFile(form.file, idType === 'IFA') ?? { action, functionType: functionTypes[idType], file: form.file, target }
  );
}

function fieldOf(error: z.ZodError): string {
  return String(error.issues[0]?.path[0] ?? '');
}

function refuseUploadTo(account: Account, id: string, functionType: string): Answer | undefined {
  const unknown = refuseAudience(account, id);
  if (unknown !== undefined) return unknown;
  const audience = account.audience(id);
  if (audience.functionType !== functionType) return refusal(400, unnamedReason, 'idType');
  if (audience.status === 'EXPIRED') return refusal(400, 'AUDIENCE_GROUP_CAN_NOT_UPLOAD_STATUS_EXPIRED', 'id');
  return undefined;
}

/**
 * Creates the job of an upload, and its audience if it gives a name. Returns 202 or LINE's refusal. `jobEnd` is the effect
 * of a fault on the job. `breach` is called for requests that LINE accepts but that a client should not send.
 */
export function acceptUpload(
  account: Account,
  upload: ReceivedUpload,
  jobEnd: Pick<NewJob, 'failedType' | 'extraMs' | 'unlistedMs'>,
  breach: (sentence: string) => void,
): Answer {
  const { target, file, functionType } = upload;
  if ('id' in target && !account.has(target.id)) breach('an upload was for an audience that the account does not have');
  const refused = 'id' in target ? refuseUploadTo(account, target.id, functionType) : undefined;
  if (refused !== undefined) return refused;
  const id = 'id' in target ? target.id : account.create(target.name, functionType);
  // [open] The type of the job that creates an audience. Here it is that of an ADD, as it was sent.
  const type = upload.action === 'REPLACE' ? 'DIFF_REPLACE' : 'DIFF_ADD';
  const { fileName: name, lines, lineCount } = file;
  const job = account.addJob(id, { name, type, lines, lineCount, ...jobEnd });
  if (job.isLost) breach('an ADD was sent while a REPLACE of its audience was unfinished: its members are lost');
  return { status: 202, body: account.audience(id) };
}
