import type { RemoteUpload } from './destination.ts';

/*
 * Reading a platform's list of the uploads of one audience.
 */

export function isUnfinished({ state }: Pick<RemoteUpload, 'state'>): boolean {
  return state === 'unfinished';
}

export function unfinishedCount(uploads: readonly RemoteUpload[]): number {
  return uploads.filter(isUnfinished).length;
}

/**
 * Sorts uploads newest first; the order of a platform's list is not documented. Times have whole seconds, so the id
 * decides between equal ones. If the time of any upload is unknown, the ids alone decide.
 */
export function newestFirst(uploads: readonly RemoteUpload[]): RemoteUpload[] {
  const hasTimes = uploads.every(({ createdMs }) => createdMs !== null);
  const timeOf = ({ createdMs }: RemoteUpload) => (hasTimes ? (createdMs ?? 0) : 0);
  return uploads.toSorted(
    (a, b) => timeOf(b) - timeOf(a) || b.id.length - a.id.length || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
  );
}

/**
 * Returns the listed upload that decides the outcome of a batch, or undefined if none has its label. A batch sent twice can be
 * listed twice: it is unfinished while any upload is, and finished if any finished.
 */
export function uploadOf(uploads: readonly RemoteUpload[], label: string): RemoteUpload | undefined {
  const own = uploads.filter((upload) => upload.label === label);
  return own.find(isUnfinished) ?? own.find(({ state }) => state === 'finished') ?? own[0];
}
