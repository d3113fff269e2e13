# Starts the PostgreSQL of a copy on this machine, in the guest image's own system, from its data and WAL images alone: repairs the file
# systems as a boot would (journal), takes the directories out, starts the server, asks, and stops it. Nothing of the copy is written to.
# Arguments: root file system, data image, WAL image, directory for work, statements.
set -eu
rootfs=$1 data=$2 wal=$3 work=$4 sql=$5
mkdir -p "$work/files/var/lib/postgresql" "$work/files/var/lib/pgwal"
for disk in data wal; do
  if [ $disk = data ]; then image=$data; target=$work/files/var/lib/postgresql; else image=$wal; target=$work/files/var/lib/pgwal; fi
  qemu-img convert -U -O raw "$image" "$work/$disk.raw"
  # 0 is clean, 1 is repaired by the journal.
  e2fsck -fp "$work/$disk.raw" > "$work/$disk.fsck" 2>&1 || [ $? -eq 1 ] || { cat "$work/$disk.fsck" >&2; exit 4; }
  debugfs -R "rdump / $target" "$work/$disk.raw" > /dev/null 2> "$work/$disk.debugfs"
  rm "$work/$disk.raw"
done
# A process namespace of its own: whatever happens, no server outlives this script.
exec unshare --mount --pid --fork --kill-child --mount-proc sh -euc '
  rootfs=$1 work=$2 sql=$3
  mkdir -p "$work/up" "$work/wk" "$work/m"
  mount -t tmpfs tmpfs "$work/up"
  mkdir "$work/up/u" "$work/up/w"
  mount -t overlay o -o "lowerdir=$rootfs,upperdir=$work/up/u,workdir=$work/up/w" "$work/m"
  mount --bind "$work/files/var/lib/postgresql" "$work/m/var/lib/postgresql"
  mount --bind "$work/files/var/lib/pgwal" "$work/m/var/lib/pgwal"
  for d in dev proc sys; do mount --rbind /$d "$work/m/$d"; done
  mkdir -p "$work/m/run/pg"
  chroot "$work/m" chown -R postgres:postgres /var/lib/postgresql /var/lib/pgwal /run/pg
  echo "local all all trust" > "$work/m/run/pg/hba"
  as="chroot $work/m setpriv --reuid postgres --regid postgres --init-groups"
  bin=/usr/lib/postgresql/17/bin
  $as $bin/pg_ctl -s -w -t 60 -D /var/lib/postgresql/17/main -l /run/pg/log \
    -o "-c config_file=/dev/null -c data_directory=/var/lib/postgresql/17/main -c unix_socket_directories=/run/pg -c listen_addresses= -c hba_file=/run/pg/hba" start || { cat "$work/m/run/pg/log" >&2; exit 5; }
  status=0
  $as psql -XAtq -v ON_ERROR_STOP=1 -h /run/pg -U postgres -d postgres -c "$sql" || status=$?
  $as $bin/pg_ctl -s -w -m fast -D /var/lib/postgresql/17/main stop
  exit $status
' sh "$rootfs" "$work" "$sql"
