/** Receives one line per finished or starting step. */
export type Progress = (line: string) => void;

const started = Date.now();

/** Writes steps to stderr with the time since the start of the command. */
export const toStderr: Progress = (line) => {
  process.stderr.write(`[${((Date.now() - started) / 1000).toFixed(1).padStart(6)}s] ${line}\n`);
};

/** For tests and callers that want silence. */
export const silent: Progress = () => undefined;

/** Runs a step, naming its expected and its real duration. */
export async function step<T>(
  progress: Progress,
  name: string,
  expectedSeconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const begin = Date.now();
  progress(`${name} (about ${expectedSeconds} s)`);
  const beat = setInterval(() => {
    progress(`${name}: ${Math.round((Date.now() - begin) / 1000)} s of about ${expectedSeconds} s`);
  }, 20_000);
  try {
    const result = await work();
    progress(`${name}: done in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
    return result;
  } finally {
    clearInterval(beat);
  }
}
