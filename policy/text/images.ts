/** Options of `run` and `create` that take the next word; the image is the first word that is neither. */
const WITH_VALUE = new Set(
  (
    "-a -c -e -h -l -m -p -u -v -w --add-host --annotation --cap-add --cap-drop --cgroupns --cidfile --cpus --cpuset-cpus " +
    "--device --dns --entrypoint --env --env-file --expose --gpus --group-add --health-cmd --hostname --init-path --ip --ipc " +
    "--label --label-file --log-driver --log-opt --mac-address --memory --memory-swap --mount --name --net --network " +
    "--network-alias --pid --pids-limit --platform --publish --pull --restart --runtime --secret --security-opt --shm-size " +
    "--stop-signal --stop-timeout --sysctl --tmpfs --ulimit --user --userns --uts --volume --volumes-from --workdir"
  ).split(" "),
);

const COMMAND = /\b(?:docker|podman|nerdctl)(?:\s+(?:image|container))?\s+(run|create|pull)\s+([^\n|;&]*)/g;
const LINE = /^[ \t-]*["']?image["']?[ \t]*:[ \t]*["']?([^\s"',}]+)/gm;

/** Container images that a plain text runs, pulls, or names in a line of YAML. */
export function imagesIn(text: string): string[] {
  const run = [...text.matchAll(COMMAND)].flatMap(([, , words = ""]) => imageOf(words) ?? []);
  const named = [...text.matchAll(LINE)].flatMap(([, image = ""]) => (image === "" ? [] : [image]));
  // What a variable or template stands for is not known here.
  return [...run, ...named].filter((image) => /^[\w./:@-]+$/.test(image));
}

function imageOf(words: string): string | undefined {
  const list = words.trim().split(/\s+/);
  for (let i = 0; i < list.length; i += 1) {
    const word = list[i] ?? "";
    if (WITH_VALUE.has(word)) i += 1;
    else if (!word.startsWith("-")) return word.replace(/^["']|["']$/g, "");
  }
  return undefined;
}
