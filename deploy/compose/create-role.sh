#!/bin/sh
# Runs in the PostgreSQL container when its volume is empty. Postern gets a role of its own, which owns only its database.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTERN_DATABASE_PASSWORD" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
create role postern login nosuperuser nocreatedb nocreaterole password :'password';
create database postern owner postern;
revoke all on database postern from public;
SQL
