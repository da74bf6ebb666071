export const identifierTypes = ['email', 'phone', 'ifa'] as const;
export const hashedSettings = ['auto', 'always', 'never'] as const;

export type IdentifierType = (typeof identifierTypes)[number];
export type Hashed = (typeof hashedSettings)[number];
