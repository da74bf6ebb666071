import { describe, expect, test } from 'vitest';
import {
  deliverUpload,
  UploadMisrouted,
  type UploadToDeliver,
  UploadUnanswered,
} from '../../src/delivery/deliverUpload.ts';
import { createFakeClock } from '../setup/clientSetup.ts';
import { createFakeDestination, type FakeOptions, type Fate } from '../setup/fakeDestination.ts';
import { platforms, withReplace } from '../setup/platforms.ts';

const content = Buffer.from('line-of-somebody\nline-of-another\n');
const jobs = { wait: true, timeoutMs: 100_000, pollMinMs: 1000, pollMaxMs: 8000, settleMs: 700 };

/** A destination that answers attempts with one fate after the other (the last for ever), and an upload to it. */
function setUpUpload(platform = withReplace, fates: readonly Fate[] = ['accept'], options: FakeOptions = {}) {
  const clock = createFakeClock();
  const controller = new AbortController();
  const { signal } = controller;
  const destination = createFakeDestination(platform, clock, {
    retries: 3,
    fateOf: (_, attempt) => fates[Math.min(attempt, fates.length) - 1] ?? 'accept',
    ...options,
  });
  const label = platform.labelOf('run-sync-0');
  const upload: UploadToDeliver = {
    action: 'add',
    target: { audienceId: platform.audienceId(1) },
    identifierType: 'email',
    file: {
      name: label,
      bytes: content.length,
      async *open() {
        yield content;
      },
    },
  };
  const deliver = (changes: Partial<UploadToDeliver> = {}) =>
    deliverUpload(destination, { ...upload, ...changes }, { jobs, clock, signal });
  return { destination, clock, controller, label, deliver };
}

const toName = { target: { audienceName: 'Buyers' } };
const errorOf = (work: Promise<unknown>) => work.catch((error: unknown) => error);

describe.each(platforms)('on $title', (platform) => {
  const id = platform.audienceId(1);
  const setUp = (fates?: readonly Fate[], options?: FakeOptions) => setUpUpload(platform, fates, options);

  describe('an upload that is answered', () => {
    test('is accepted at the first attempt', async () => {
      const { deliver, destination } = setUp();
      expect(await deliver()).toMatchObject({ audienceId: id, attempts: 1, foundByLookup: false, created: false });
      expect(destination.sent).toMatchObject([
        { target: { audienceId: id }, lines: content.toString().trim().split('\n') },
      ]);
      expect(destination.requests).toEqual(['upload']);
    });

    test('is sent again after a transient refusal, as long as the patience lasts', async () => {
      const { deliver, destination } = setUp(['refuse for now', 'refuse for now', 'accept']);
      expect(await deliver()).toMatchObject({ attempts: 3, foundByLookup: false });
      expect(destination.sent.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
      const error = await errorOf(setUp(['refuse for now']).deliver());
      expect(error).toMatchObject({ code: 'line.unreachable' });
      expect(error).not.toBeInstanceOf(UploadUnanswered);
    });

    test('that is refused for good is an error at once, and surely did not arrive', async () => {
      const { deliver, destination } = setUp(['refuse']);
      const error = await errorOf(deliver());
      expect(error).toMatchObject({ code: 'upload.refused' });
      expect(error).not.toBeInstanceOf(UploadUnanswered);
      expect(destination.sent).toHaveLength(1);
    });
  });

  describe('an accepted upload whose answer names', () => {
    const taken = platform.audienceId(5);

    test.each<[string, Fate, Partial<UploadToDeliver>]>([
      ['another id', { answer: { id: '78' } }, {}],
      ['another type', { answer: { type: 'other', holds: 'ifa' } }, {}],
      ['another name than the one to create', { answer: { name: 'Sellers' } }, toName],
      ['another type than the one to create', { answer: { type: 'other', holds: 'ifa' } }, toName],
      ['an audience that was there before the creation', { answer: { id: taken } }, toName],
    ])('%s is an error, and the upload is not sent again', async (_, fate, changes) => {
      const { deliver, destination, label } = setUp([fate]);
      destination.addAudience({ id: taken, name: 'Older' });
      const error = await errorOf(deliver(changes));
      expect(error).toBeInstanceOf(UploadMisrouted);
      expect(error).toMatchObject({ code: 'line.bad_answer', message: expect.stringContaining(label) });
      expect(destination.sent).toHaveLength(1);
    });

    test('another audience is told as that, also when an earlier answer was lost', async () => {
      const { deliver } = setUp(['lose upload', { answer: { id: '78' } }]);
      expect(await errorOf(deliver())).toBeInstanceOf(UploadMisrouted);
    });

    test.each<[string, Fate, Partial<UploadToDeliver>]>([
      ['its id alone', { answer: { name: '', type: '', holds: undefined } }, {}],
      ['its id alone after a creation', { answer: { name: '', type: '', holds: undefined } }, toName],
      ['another name than an audience had when it was looked up by id', { answer: { name: 'Renamed' } }, {}],
    ])('%s is accepted', async (_, fate, changes) => {
      expect(await setUp([fate]).deliver(changes)).toMatchObject({ audienceId: id });
    });
  });

  describe('an upload whose answer is lost', () => {
    test('is looked up by its label, after settling', async () => {
      const { deliver, destination, clock } = setUp(['lose answer']);
      const found = { audienceId: id, audience: undefined, attempts: 1, foundByLookup: true, created: false };
      expect(await deliver()).toEqual(found);
      expect(destination.requests).toEqual(['upload', 'uploads']);
      expect(clock.sleeps).toEqual([700]);
    });

    test('and that is not listed is sent again', async () => {
      const { deliver, destination, clock } = setUp(['lose upload', 'accept']);
      destination.addUpload(platform.labelOf('run-sync-1'));
      expect(await deliver()).toMatchObject({ attempts: 2, foundByLookup: false });
      expect(destination.sent).toHaveLength(2);
      expect(clock.sleeps).toEqual([700]);
    });

    test('and that is listed late is sent again, and found by its label', async () => {
      const { deliver, destination } = setUp(['lose answer'], { listedAfterMs: () => 1000 });
      expect(await deliver()).toMatchObject({ attempts: 2, foundByLookup: true });
      expect(destination.sent).toHaveLength(2);
    });

    test('to the end of the patience is an error that says that it may have arrived', async () => {
      const { deliver, destination } = setUp(['lose upload']);
      const error = await errorOf(deliver());
      expect(error).toBeInstanceOf(UploadUnanswered);
      expect(error).toMatchObject({ code: 'line.unreachable', mayHaveArrived: true });
      expect(destination.sent).toHaveLength(4);
    });

    test('and that is then refused for good may still have arrived', async () => {
      const error = await errorOf(setUp(['lose upload', 'refuse']).deliver());
      expect(error).toBeInstanceOf(UploadUnanswered);
      expect(error).toMatchObject({ code: 'upload.refused' });
    });
  });

  describe('an upload of an earlier process that may have arrived', () => {
    const earlier = { mayHaveArrived: true, attempts: 2 };

    test('is looked up, after settling, before anything is sent, and found', async () => {
      const { deliver, destination, label, clock } = setUp();
      destination.addUpload(label);
      const found = { audienceId: id, audience: undefined, attempts: 2, foundByLookup: true, created: false };
      expect(await deliver(earlier)).toEqual(found);
      expect(destination.sent).toEqual([]);
      expect(clock.sleeps).toEqual([700]);
    });

    test('and that is not listed is sent again; attempts count on', async () => {
      const { deliver, destination } = setUp();
      const told: number[] = [];
      const onAttempt = (attempts: number) => void told.push(attempts);
      expect(await deliver({ ...earlier, onAttempt })).toMatchObject({ attempts: 3, foundByLookup: false });
      expect(destination.requests).toEqual(['uploads', 'upload']);
      expect(destination.sent.map(({ attempt }) => attempt)).toEqual([3]);
      expect(told).toEqual([3]);
    });

    test('and created its audience is found by name, then by its label', async () => {
      const { deliver, destination, label } = setUp();
      destination.addAudience();
      destination.addUpload(label);
      const found = { audienceId: id, attempts: 2, foundByLookup: true, created: true };
      expect(await deliver({ ...earlier, ...toName })).toMatchObject(found);
      expect(destination.sent).toEqual([]);
    });

    test('is sent to the audience of its name, which is taken for ours, when it is not listed', async () => {
      const { deliver, destination } = setUp();
      destination.addAudience();
      const result = await deliver({ ...earlier, ...toName });
      expect(result).toMatchObject({ audienceId: id, attempts: 3, created: true });
      expect(destination.sent.map(({ target }) => target)).toEqual([{ audienceId: id }]);
    });

    test('is sent with the name when neither audience nor upload is seen', async () => {
      const { deliver, destination } = setUp();
      const result = await deliver({ ...earlier, ...toName });
      expect(result).toMatchObject({ audienceId: id, attempts: 3, created: true });
      expect(destination.sent.map(({ target }) => target)).toEqual([toName.target]);
    });

    test('and is refused for good when sent again may still have arrived', async () => {
      const error = await errorOf(setUp(['refuse']).deliver(earlier));
      expect(error).toBeInstanceOf(UploadUnanswered);
      expect(error).toMatchObject({ code: 'upload.refused' });
    });

    test('may still have arrived when the run ends before the look', async () => {
      const { deliver, destination, controller } = setUp();
      controller.abort();
      const error = await errorOf(deliver(earlier));
      expect(error).toBeInstanceOf(UploadUnanswered);
      expect(error).toMatchObject({ code: 'run.interrupted' });
      expect(destination.sent).toEqual([]);
    });
  });

  describe('an upload that creates its audience', () => {
    test('goes out with the name, after a look for it', async () => {
      const { deliver, destination } = setUp();
      expect(await deliver(toName)).toMatchObject({ audienceId: id, created: true, attempts: 1 });
      expect(destination.sent.map(({ target }) => target)).toEqual([toName.target]);
      expect(destination.requests).toEqual(['audiences', 'upload']);
    });

    test('sends nothing to an audience of that name that appeared meanwhile', async () => {
      const { deliver, destination } = setUp();
      destination.addAudience();
      const error = await errorOf(deliver(toName));
      expect(error).toMatchObject({ code: 'audience.appeared' });
      expect(error).not.toBeInstanceOf(UploadUnanswered);
      expect(destination.sent).toEqual([]);
    });

    test('is found after a lost answer by name and type, then by its label', async () => {
      const { deliver, destination } = setUp(['lose answer']);
      destination.addAudience({ id: platform.audienceId(8), holds: 'ifa', type: platform.words.audienceType.ifa });
      const result = await deliver(toName);
      expect(result).toMatchObject({
        audienceId: platform.audienceId(2),
        foundByLookup: true,
        created: true,
        attempts: 1,
      });
      expect(destination.sent).toHaveLength(1);
    });

    test('is sent to the new audience when that is there but the upload is not listed', async () => {
      const { deliver, destination } = setUp(['lose answer', 'accept'], { listedAfterMs: () => 1000 });
      expect(await deliver(toName)).toMatchObject({ audienceId: id, created: true, attempts: 2 });
      expect(destination.sent.map(({ target }) => target)).toEqual([toName.target, { audienceId: id }]);
    });

    test('is sent again with the name when neither is seen', async () => {
      const { deliver, destination } = setUp(['lose upload', 'accept']);
      expect(await deliver(toName)).toMatchObject({ created: true, attempts: 2 });
      expect(destination.sent.map(({ target }) => target)).toEqual([toName.target, toName.target]);
    });

    test('stops when several of that name are there by now', async () => {
      const { deliver, destination, clock } = setUp(['lose answer']);
      const { sleep } = clock;
      clock.sleep = async (ms, signal) => {
        destination.addAudience();
        await sleep(ms, signal);
      };
      const error = await errorOf(deliver(toName));
      expect(error).toBeInstanceOf(UploadUnanswered);
      expect(error).toMatchObject({ code: 'audience.ambiguous', message: expect.stringContaining(id) });
      expect(destination.sent).toHaveLength(1);
    });

    test('is one at a time, each after a fresh look', async () => {
      const { deliver, destination } = setUp();
      const [first, second] = await Promise.allSettled([deliver(toName), deliver(toName)]);
      expect(first).toMatchObject({ status: 'fulfilled', value: { created: true } });
      expect(second).toMatchObject({ status: 'rejected', reason: { code: 'audience.appeared' } });
      expect(destination.requests).toEqual(['audiences', 'upload', 'audiences']);
    });
  });
});

describe('an upload that replaces', () => {
  const replace = { action: 'replace' } as const;
  const earlier = { ...replace, mayHaveArrived: true, attempts: 2 };

  test('is an error when its answer names another audience', async () => {
    expect(await errorOf(setUpUpload(withReplace, [{ answer: { id: '78' } }]).deliver(replace))).toBeInstanceOf(
      UploadMisrouted,
    );
  });

  test.each([
    [true, 2],
    [false, 1],
  ])(
    'is sent again after a lost answer only while nothing of its plan was added (%s: %i uploads)',
    async (mayRepeat, count) => {
      const { deliver, destination } = setUpUpload(withReplace, ['lose upload', 'accept']);
      const result = await errorOf(deliver({ ...replace, mayRepeatReplace: () => mayRepeat }));
      expect(destination.sent).toHaveLength(count);
      if (mayRepeat) expect(result).toMatchObject({ attempts: 2 });
      else expect(result).toBeInstanceOf(UploadUnanswered);
    },
  );

  test.each([
    [true, 1],
    [false, 0],
  ])(
    'of an earlier process is sent again only while nothing of its plan was added (%s: %i uploads)',
    async (mayRepeat, count) => {
      const { deliver, destination } = setUpUpload();
      const result = await errorOf(deliver({ ...earlier, mayRepeatReplace: () => mayRepeat }));
      expect(destination.sent).toHaveLength(count);
      if (mayRepeat) expect(result).toMatchObject({ attempts: 3, foundByLookup: false });
      else expect(result).toBeInstanceOf(UploadUnanswered);
    },
  );

  test('is still found when it must not be repeated', async () => {
    const { deliver, destination, label } = setUpUpload();
    destination.addUpload(label, { effect: 'replace' });
    const result = await deliver({ ...earlier, mayRepeatReplace: () => false });
    expect(result).toMatchObject({ attempts: 2, foundByLookup: true });
  });
});

test('an upload that replaces may be repeated if nothing is said about later batches', async () => {
  const { deliver, destination } = setUpUpload(withReplace, ['lose upload', 'accept']);
  expect(await deliver({ action: 'replace' })).toMatchObject({ attempts: 2 });
  expect(destination.sent).toHaveLength(2);
});

test('an upload that adds may be repeated whatever was sent after it', async () => {
  const { deliver } = setUpUpload(withReplace, ['lose upload', 'accept']);
  expect(await deliver({ mayRepeatReplace: () => false })).toMatchObject({ attempts: 2 });
});

test('an audience is created beside those of other names', async () => {
  const { deliver, destination } = setUpUpload();
  destination.addAudience({ id: '42', name: 'Others' });
  expect(await deliver(toName)).toMatchObject({ created: true, foundByLookup: false });
});

test('an upload to a wrong audience names the audience that was wanted', async () => {
  const misrouted = await errorOf(setUpUpload(withReplace, [{ answer: { name: 'Others' } }]).deliver(toName));
  expect(misrouted).toMatchObject({ message: expect.stringMatching(/"Buyers".*"Others"/) });
});
