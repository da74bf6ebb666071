import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { SyncError } from '../../src/errors.ts';
import { checkRoom, roomFor } from '../../src/reading/room.ts';
import { syncOf } from '../setup/memberSetup.ts';

test.each([
  [{ identifierType: 'email' }, 64_000],
  [{ identifierType: 'ifa' }, 72_000],
  [{ identifierType: 'phone', phoneFormats: ['e164'] }, 64_000],
  [{ identifierType: 'phone', phoneFormats: ['e164', 'e164-digits', 'national'] }, 192_000],
])('a thousand values of %o take %d bytes', (sync, bytes) => {
  expect(roomFor(syncOf(sync), 1_000)).toBe(bytes);
});

test('a disk that has the room is no trouble, and one that lacks it is told of with both figures', async () => {
  await checkRoom(tmpdir(), 0);
  const { bavail, bsize } = statfsSync(tmpdir());
  const error = await checkRoom(tmpdir(), 2 * bavail * bsize + 1_000_000).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SyncError);
  expect(error).toMatchObject({
    code: 'state.disk_full',
    message: expect.stringMatching(/about [\d,]+ MB.* [\d,]+ MB are free/),
  });
});
