// How long hls.js waits for what it loads, and how often it tries.

// Fewer loads than hls.js would try: another source is quicker than the third attempt.
const RETRY = { maxNumRetry: 1, retryDelayMs: 300, maxRetryDelayMs: 600 };
/**
 * @param {number} firstByteMs
 * @param {number} wholeMs
 * @param {number} retries
 */
const patience = (firstByteMs, wholeMs, retries) => ({
  default: {
    maxTimeToFirstByteMs: firstByteMs,
    maxLoadTimeMs: wholeMs,
    timeoutRetry: { ...RETRY, maxNumRetry: retries },
    errorRetry: { ...RETRY, maxNumRetry: retries },
  },
});

export const LOAD_POLICIES = {
  manifestLoadPolicy: patience(5000, 8000, 0),
  playlistLoadPolicy: patience(5000, 8000, 1),
  fragLoadPolicy: patience(8000, 30_000, 2),
};
