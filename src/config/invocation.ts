/** How a person runs a command of this program: by its npm script in a checkout, by npx where the package is installed. */
const isInstalled = import.meta.url.includes('/node_modules/');

/** `npm run replay -- --from 0`, or `npx skywire-inbox replay --from 0`. */
export function howToRun(command: string, options = ''): string {
  if (isInstalled) return `npx skywire-inbox ${command}${options && ` ${options}`}`;
  const script = command === 'start' ? 'npm start' : `npm run ${command}`;
  return options ? `${script} -- ${options}` : script;
}
