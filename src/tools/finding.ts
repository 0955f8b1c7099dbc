export interface Finding {
  level: 'ok' | 'note' | 'dangerous';
  what: string;
  fix?: string;
}
