/**
 * Program for awk: reads `info --output=json` and prints a line for each backup: label, type, error, start, stop (seconds), first and last
 * WAL segment, id of the database. The image has no reader of JSON; what these keys are called is tested on real output.
 */
export const BACKUPS = String.raw`
function text(part, key, at) {
  at = index(part, key)
  if (at == 0) return "?"
  part = substr(part, at + length(key))
  match(part, /^[^",}]*/)
  return RLENGTH > 0 ? substr(part, 1, RLENGTH) : "?"
}
{
  count = split($0, parts, "\"archive\":.\"start\":\"")
  for (i = 2; i <= count; i++) {
    part = parts[i]
    first = substr(part, 1, 24)
    times = substr(part, index(part, "\"timestamp\":"))
    print text(part, "\"label\":\""), text(part, "\"type\":\""), text(part, "\"error\":"), \
      text(times, "\"start\":"), text(times, "\"stop\":"), first, text(part, "\"stop\":\""), text(part, "\"database\":{\"id\":")
  }
}`.trim();

/**
 * Program for awk: reads those lines, the newest line of each history file after its path, and the listing of the archive. Prints what is
 * missing: first whether it is needed to recover the newest full backup ("since") or older ones alone ("before").
 */
export const GAPS = String.raw`
function decimal(hex, value, i) {
  value = 0
  for (i = 1; i <= length(hex); i++) value = value * 16 + index("0123456789ABCDEF", toupper(substr(hex, i, 1))) - 1
  return value
}
function segment(name) { return decimal(substr(name, 9, 8)) * 256 + decimal(substr(name, 17, 8)) }
function named(line, number) { return sprintf("%s%08X%08X", line, int(number / 256), number % 256) }
function when(line, number) { return newest == "" || line > newest || (line == newest && number >= since) ? "since" : "before" }
FILENAME ~ /backups$/ {
  backup[++backups] = $1; first[$1] = $6; last[$1] = $7; database[$1] = $8
  if ($1 == full) { newest = substr($6, 1, 8); since = segment($6) }
  next
}
FILENAME ~ /forks$/ {
  at = $1; sub(/\.history$/, "", at); n = split(at, p, "/"); split($3, lsn, "/")
  parent[p[n - 1], p[n]] = sprintf("%08X", $2)
  fork[p[n - 1], p[n]] = decimal(lsn[1]) * 256 + int(decimal(lsn[2]) / 16777216)
  next
}
{
  n = split($0, p, "/"); name = p[n]; id = p[1]
  if (name !~ /^[0-9A-F]+-[0-9a-f]+(\.[a-z0-9]+)?$/ || index(name, "-") != 25) next
  line = substr(name, 1, 8); number = segment(name)
  there[id, line, number] = 1; ids[id] = 1; key = id SUBSEP line
  if (!(key in most)) { least[key] = most[key] = number; lines[key] = 1 }
  if (number < least[key]) least[key] = number
  if (number > most[key]) most[key] = number
}
END {
  for (key in lines) {
    split(key, p, SUBSEP)
    for (number = least[key]; number <= most[key]; number++)
      if (!((p[1], p[2], number) in there) && ++found <= 20) print when(p[2], number), "WAL segment " named(p[2], number) " is missing"
  }
  for (i = 1; i <= backups; i++) {
    label = backup[i]; line = substr(first[label], 1, 8); ok = 0
    for (id in ids) {
      n = split(id, p, "-")
      if (p[n] == database[label] && ((id, line) in most) && least[id, line] <= segment(first[label]) && most[id, line] >= segment(last[label])) ok = 1
    }
    if (!ok) print (label >= full ? "since" : "before"), "WAL of backup " label " is missing"
  }
  for (key in lines) {
    split(key, p, SUBSEP)
    older = ""
    n = split(p[1], q, "-")
    for (i = 1; i <= backups; i++)
      if (database[backup[i]] == q[n] && substr(first[backup[i]], 1, 8) < p[2]) older = backup[i]
    if (older == "") continue
    if (!(key in fork)) { print when(p[2], 0), "history file " p[2] ".history is missing or empty"; continue }
    if (least[key] > fork[key]) print when(p[2], fork[key]), "WAL segment " named(p[2], fork[key]) " is missing"
    from = p[1] SUBSEP parent[key]
    if ((from in most) && most[from] < fork[key] - 1) print when(parent[key], fork[key] - 1), "WAL segment " named(parent[key], fork[key] - 1) " is missing"
  }
}`.trim();
