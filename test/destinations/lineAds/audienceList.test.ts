import { describe, expect, test } from 'vitest';
import { createAudienceList } from '../../../src/destinations/lineAds/audienceList.ts';
import type { AudiencePage } from '../../../src/destinations/lineAds/schemas.ts';
import { audienceOf } from '../../setup/clientSetup.ts';

const pageSize = 2;

interface Account {
  /** Ids, newest first. */
  ids: string[];
  /** Changes the account right before the page with this count is answered; counts from 1 over all requests. */
  before?: Record<number, (ids: string[]) => void>;
  tell?: (page: AudiencePage, number: number) => AudiencePage;
}

/** An account of audiences in pages of two. */
function openAccount({ ids, before = {}, tell = (page) => page }: Account) {
  const asked: number[] = [];
  const list = createAudienceList(async (number) => {
    asked.push(number);
    before[asked.length]?.(ids);
    const start = (number - 1) * pageSize;
    const audienceGroups = ids.slice(start, start + pageSize).map((id) => audienceOf({ id }));
    return tell({ audienceGroups, totalElements: ids.length, hasNextPage: start + pageSize < ids.length }, number);
  });
  return { list, asked };
}

function idsOf(audiences: readonly { id: string }[]): string[] {
  return audiences.map(({ id }) => id);
}

describe('all pages', () => {
  test.each([0, 1, 2, 3, 4, 7])('of %i audiences are read once', async (count) => {
    const ids = Array.from({ length: count }, (_, index) => `${count - index}`);
    const { list, asked } = openAccount({ ids });
    expect(idsOf(await list.reread())).toEqual(ids);
    expect(asked).toHaveLength(Math.max(1, Math.ceil(count / pageSize)));
  });

  test.each<[string, (ids: string[]) => void, string[]]>([
    ['an audience that was deleted hid another', (ids) => ids.shift(), ['4', '3', '2', '1']],
    ['an audience was created', (ids) => ids.unshift('6'), ['6', '5', '4', '3', '2', '1']],
    [
      'one was created and another deleted, which leaves the total as it was',
      (ids) => ids.splice(0, 5, '6', '5', '4', '2', '1'),
      ['6', '5', '4', '2', '1'],
    ],
  ])('are read again when between two of them %s', async (_, change, expected) => {
    const { list, asked } = openAccount({ ids: ['5', '4', '3', '2', '1'], before: { 2: change } });
    expect(idsOf(await list.reread()).toSorted()).toEqual(expected.toSorted());
    expect(asked.filter((number) => number === 1)).toHaveLength(2);
  });

  test('that never hold still are an error that a later run may not meet', async () => {
    const deleteFirst = (ids: string[]) => void ids.shift();
    const ids = Array.from({ length: 40 }, (_, index) => `${index}`);
    const everyTime = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [index + 1, deleteFirst]));
    const { list } = openAccount({ ids, before: everyTime });
    await expect(list.reread()).rejects.toMatchObject({ code: 'line.bad_answer' });
  });

  test.each<[string, NonNullable<Account['tell']>]>([
    ['counts what it does not list', (page) => ({ ...page, totalElements: 99 })],
    ['tells no total', (page) => ({ ...page, totalElements: null })],
    ['says at the end that more follows', (page) => ({ ...page, hasNextPage: true })],
    ['says on each page that none follows, against its total', (page) => ({ ...page, hasNextPage: false })],
  ])('are believed when two readings agree, though the server %s', async (_, tell) => {
    const { list } = openAccount({ ids: ['3', '2', '1'], tell });
    expect(idsOf(await list.reread())).toEqual(['3', '2', '1']);
  });

  test('end when a server gives the same page for ever', async () => {
    const { list } = openAccount({
      ids: ['1'],
      tell: () => ({ audienceGroups: [audienceOf({ id: '1' })], totalElements: 1, hasNextPage: true }),
    });
    expect(idsOf(await list.reread())).toEqual(['1']);
  });

  test('without totals are read twice, since nothing else tells that they held still', async () => {
    const { list } = openAccount({
      ids: ['4', '3', '2', '1'],
      before: { 2: (ids) => void ids.shift() },
      tell: (page) => ({ ...page, totalElements: null }),
    });
    expect(idsOf(await list.reread())).toEqual(['3', '2', '1']);
  });
});

describe('the shared list', () => {
  test('is read once for all who ask, at once or later', async () => {
    const { list, asked } = openAccount({ ids: ['3', '2', '1'] });
    const [first, second] = await Promise.all([list.recall(), list.recall()]);
    expect(second).toBe(first);
    expect(await list.recall()).toBe(first);
    expect(asked).toEqual([1, 2]);
  });

  test('is asked for again after a reading that failed', async () => {
    let isDown = true;
    const list = createAudienceList(async () => {
      if (isDown) throw new Error('down');
      return { audienceGroups: [], totalElements: 0, hasNextPage: false };
    });
    await expect(Promise.all([list.recall(), list.recall()])).rejects.toThrow('down');
    isDown = false;
    expect(await list.recall()).toEqual([]);
  });

  test('is refreshed by one page when only new audiences came', async () => {
    const ids = ['3', '2', '1'];
    const { list, asked } = openAccount({ ids });
    await list.recall();
    ids.unshift('4');
    expect(idsOf(await list.refresh())).toEqual(['4', '3', '2', '1']);
    expect(idsOf(await list.recall())).toEqual(['4', '3', '2', '1']);
    expect(asked).toEqual([1, 2, 1]);
  });

  test.each<[string, (ids: string[]) => void]>([
    ['more are new than a page holds', (ids) => ids.unshift('6', '5', '4')],
    ['one was deleted', (ids) => ids.splice(2, 1)],
    ['one was deleted and one created', (ids) => ids.splice(2, 1) && ids.unshift('4')],
  ])('is read whole when %s', async (_, change) => {
    const ids = ['3', '2', '1'];
    const { list } = openAccount({ ids });
    await list.recall();
    change(ids);
    expect(idsOf(await list.refresh())).toEqual(ids);
  });

  test('is read whole when the server tells no total', async () => {
    const { list, asked } = openAccount({ ids: ['2', '1'], tell: (page) => ({ ...page, totalElements: null }) });
    await list.recall();
    await list.refresh();
    expect(asked).toEqual([1, 1, 1]);
  });

  test('is read whole where nobody has read it before', async () => {
    const { list } = openAccount({ ids: ['3', '2', '1'] });
    expect(idsOf(await list.refresh())).toEqual(['3', '2', '1']);
  });
});
