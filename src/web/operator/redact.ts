/** Removes secrets from error texts and job data before a page shows them. */
const secrets: [pattern: RegExp, instead: string][] = [
  // redis://user:password@host, https://user:password@host
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@:"']{0,200}:[^\s/@"']{1,500}@/gi, '$1…@'],
  [/\b(bearer|basic)\s+[\w\-.~+/]{8,}=*/gi, '$1 …'],
  [/\b(password|passwd|api_?token|secret|authorization)(["']?\s*[:=]\s*["']?)[^\s"'&,;}]{3,}/gi, '$1$2…'],
];

export function redact(text: string): string {
  return secrets.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
}
