import { setFlagsFromString } from 'node:v8';

/**
 * By default V8 lets garbage pile up: measured 100 MB of sent data with 500 live streams, and 60 MB of added batches in a pump.
 * This collects it sooner.
 */
export const keepHeapSmall = (): void => setFlagsFromString('--heap-growing-percent=20');
