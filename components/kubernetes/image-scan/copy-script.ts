import { SCAN_EXIT, SCAN_PATHS } from "./scan-script.js";

/** Newest reports of a folder that are looked at: what one night could not copy, the next does. */
const LOOKED_AT = 7;

/**
 * The script that copies reports to an object store with the API of S3, after the scan and by a program of its own, so that the
 * scanner, which reads foreign content, has no key of the store. It ends as the scan did.
 */
export function copyScript({
  address,
  region,
}: {
  readonly address: string;
  readonly region: string;
}): string {
  return `# pgkeep: copies reports of the image scan to an object store. Ends as the scan did, or with ${SCAN_EXIT.failure} when a report is not there.
set -u
export LC_ALL=C
cd ${SCAN_PATHS.reports} || exit ${SCAN_EXIT.failure}
say() { printf '%s\\n' "$*"; }
code=$(cat ${SCAN_PATHS.state}/exit-code)
case $code in
0 | ${SCAN_EXIT.failure} | ${SCAN_EXIT.findings}) ;;
*)
  say "failed: the scan has not said how it ended"
  exit ${SCAN_EXIT.failure}
  ;;
esac

ask() {
  curl --silent --show-error --proto =https --config ${SCAN_PATHS.store}/curl.conf --aws-sigv4 aws:amz:${region}:s3 \\
    --connect-timeout 10 --max-time 300 --retry 2 "$@"
}
# How many bytes of a report the store has.
stored() { ask --head --output /dev/null --write-out '%{http_code} %header{content-length}' "${address}/$1"; }

copied=0
failures=0
for folder in */; do
  folder=\${folder%/}
  [ -d "$folder" ] && [ ! -L "$folder" ] && [ "$folder" != lost+found ] || continue
  for report in $(ls -1 "$folder" | grep -E '^[0-9]{8}T[0-9]{6}Z\\.json$' | sort -r | head -n ${LOOKED_AT}); do
    place=$folder/$report
    size=$(($(wc -c <"$place")))
    [ "$(stored "$place")" != "200 $size" ] || continue
    ask --fail --output /dev/null --upload-file "$place" "${address}/$place"
    # What the store has counts, not how the upload ended.
    if [ "$(stored "$place")" = "200 $size" ]; then
      copied=$((copied + 1))
    else
      say "failed: $place is not in the store"
      failures=$((failures + 1))
    fi
  done
done
say "copied reports: $copied, missing in the store: $failures"
[ "$failures" -eq 0 ] || exit ${SCAN_EXIT.failure}
exit "$code"
`;
}
