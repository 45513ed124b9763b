#!/bin/sh
# Runs in the PostgreSQL container when its volume is empty. Postern gets a role of its own, which owns only its database.
# Over the network, only this role can connect, only to this database, and only encrypted.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTERN_DATABASE_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role postern login nosuperuser nocreatedb nocreaterole noreplication password :'password';
create database postern owner postern;
revoke all on database postern from public;
revoke connect on database postgres, template1 from public;
SQL
cat > "$PGDATA/pg_hba.conf" <<'HBA'
# The superuser, in the container.
local all all trust
hostssl postern postern all scram-sha-256
HBA
