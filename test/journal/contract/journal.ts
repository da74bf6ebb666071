import { describe } from 'vitest';
import { type DamageableStore, testKeptSets } from './keptSets.ts';
import { testOverlappingCalls } from './overlappingCalls.ts';
import { testPlans } from './plans.ts';
import { testRecords } from './records.ts';

/** Tests that a store keeps the promises of `Journal` and `KeptSets`. `name` completes "the journal in …". */
export function testJournalContract(name: string, createStore: () => Promise<DamageableStore>): void {
  describe(`the journal in ${name}`, () => {
    describe('plans', () => testPlans(createStore));
    describe('overlapping calls', () => testOverlappingCalls(createStore));
    describe('records', () => testRecords(createStore));
    describe('kept sets', () => testKeptSets(createStore));
  });
}
