import { session } from './page.js';

await session();
