import { expect, test } from 'vitest';
import { takeClosingLooks } from '../../src/delivery/closingLook.ts';
import type { Audience, AudienceList } from '../../src/destinations/destination.ts';
import { audienceOf } from '../setup/clientSetup.ts';

/** The audiences of an account, which counts how often they are read. */
function accountOf(read: () => Promise<Audience[]>): AudienceList & { reads: number } {
  const unread = () => Promise.reject(new Error('a closing look reads all audiences again'));
  return {
    reads: 0,
    recall: unread,
    refresh: unread,
    reread() {
      this.reads += 1;
      return read();
    },
  };
}

const syncsOf = (audiences: AudienceList, ...ids: string[]) =>
  ids.map((audienceId) => ({ syncName: `sync-${audienceId}`, audienceId, audiences }));

test('one reading of the audiences of an account shows the state of the audience of each sync', async () => {
  const audiences = [audienceOf({ id: '1' }), audienceOf({ id: '2', name: 'Others' })];
  const [one, other] = [accountOf(async () => audiences), accountOf(async () => [audienceOf({ id: '1', name: 'X' })])];
  const looks = await takeClosingLooks([...syncsOf(one, '2', '1'), ...syncsOf(other, '1')]);
  expect(looks.map(({ audience }) => audience?.name)).toEqual(['Others', 'Buyers', 'X']);
  expect(looks.flatMap(({ warnings }) => warnings)).toEqual([]);
  expect([one.reads, other.reads]).toEqual([1, 1]);
});

test('without a sync there is no reading', async () => {
  expect(await takeClosingLooks([])).toEqual([]);
});

test('an audience that is too small to advertise to gives a warning', async () => {
  const account = accountOf(async () => [audienceOf({ id: '1', status: 'IN_PROGRESS', estimatedSize: null })]);
  const [look] = await takeClosingLooks(syncsOf(account, '1'));
  expect(look?.audience?.status).toBe('IN_PROGRESS');
  expect(look?.warnings).toMatchObject([
    {
      code: 'audience_not_populating',
      message: expect.stringMatching(/is IN_PROGRESS, and its estimated size is unknown/),
    },
  ]);
});

test('an audience that the account no longer lists has neither a state nor a warning', async () => {
  const account = accountOf(async () => [audienceOf({ id: '2' })]);
  expect(await takeClosingLooks(syncsOf(account, '1'))).toEqual([{ audience: undefined, warnings: [] }]);
});

test('a list that cannot be read gives each sync of the account a warning, and the others their states', async () => {
  const broken = accountOf(() => Promise.reject(new Error('no answer')));
  const whole = accountOf(async () => [audienceOf({ id: '1' })]);
  const looks = await takeClosingLooks([...syncsOf(broken, '1', '2'), ...syncsOf(whole, '1')]);
  expect(looks.map(({ warnings }) => warnings.map(({ code }) => code))).toEqual([
    ['audience_not_seen'],
    ['audience_not_seen'],
    [],
  ]);
  expect(looks[1]?.warnings[0]?.message).toContain('sync-2');
});
