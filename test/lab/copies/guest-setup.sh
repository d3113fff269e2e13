# Sets up PostgreSQL with data and WAL on their own disks, and tables with an invariant; run once by root in the guest.
set -e
mkfs.ext4 -q -L data /dev/vdb
mkfs.ext4 -q -L wal /dev/vdc
echo 'LABEL=data /var/lib/postgresql ext4 defaults 0 2' >> /etc/fstab
echo 'LABEL=wal /var/lib/pgwal ext4 defaults 0 2' >> /etc/fstab
mount /var/lib/postgresql
mount /var/lib/pgwal
chown postgres:postgres /var/lib/postgresql /var/lib/pgwal
chmod 700 /var/lib/pgwal
pg_createcluster 17 main -- --data-checksums -X /var/lib/pgwal/17 >/dev/null
echo 'max_wal_size = 256MB
checkpoint_timeout = 30min
autovacuum_naptime = 10min' > /etc/postgresql/17/main/conf.d/test.conf
sed -i '1i local all maint peer map=operations' /etc/postgresql/17/main/pg_hba.conf
echo 'operations postgres maint' >> /etc/postgresql/17/main/pg_ident.conf
systemctl enable -q postgresql@17-main
systemctl start postgresql@17-main
runuser -u postgres -- psql -Xq -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE maint LOGIN;
GRANT pg_checkpoint, pg_monitor TO maint;
CREATE EXTENSION amcheck;
CREATE TABLE account (id int PRIMARY KEY, balance bigint NOT NULL);
INSERT INTO account SELECT id, 1000 FROM generate_series(1, 100) id;
CREATE TABLE transfer (id bigserial PRIMARY KEY, source int, target int, amount int, at timestamptz NOT NULL DEFAULT clock_timestamp());
SQL
cat > /usr/local/bin/writer <<'END'
#!/bin/sh
# Moves money between accounts: the sum never changes, and every move is on record.
exec runuser -u postgres -- psql -Xqt <<'SQL'
WITH m AS (SELECT (random() * 49)::int + 1 AS s, (random() * 49)::int + 51 AS t, (random() * 9)::int + 1 AS a),
     u AS (UPDATE account SET balance = balance + CASE WHEN id = m.s THEN -m.a ELSE m.a END FROM m WHERE id IN (m.s, m.t))
INSERT INTO transfer (source, target, amount) SELECT s, t, a FROM m RETURNING id \watch 0.3
SQL
END
chmod 755 /usr/local/bin/writer
systemd-run -q --unit=writer /usr/local/bin/writer
