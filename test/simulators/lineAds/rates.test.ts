import { expect, it } from 'vitest';
import { createRates } from '../../../src/simulators/lineAds/rates.ts';

it('counts starts over a sliding second, refused ones too', () => {
  let now = 0;
  const rates = createRates(() => now);
  const startAt = (ms: number) => {
    now = ms;
    return rates.start();
  };
  for (let ms = 0; ms < 1000; ms += 100) expect(startAt(ms)).toBe(true);
  expect(startAt(999)).toBe(false);
  expect(startAt(1000)).toBe(false);
  expect(startAt(1101)).toBe(false);
  expect(startAt(1301)).toBe(true);
});

it('gives three REPLACEs a place, and a place back when one ends', () => {
  const rates = createRates(() => 0);
  expect([1, 2, 3, 4].map(() => rates.startReplace())).toEqual([true, true, true, false]);
  rates.endReplace();
  expect([rates.startReplace(), rates.startReplace()]).toEqual([true, false]);
});
