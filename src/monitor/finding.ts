/** What the overview says about the system's health. */
export type Level = 'good' | 'look' | 'bad';
export interface Finding {
  level: Level;
  what: string;
  remedy: string;
}

const number = new Intl.NumberFormat('en');
export const shown = (count: number): string => number.format(count);
