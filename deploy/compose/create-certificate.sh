#!/bin/sh
# Makes a certificate for the PostgreSQL server and the authority that signed it. The key of the authority is not kept. Does
# nothing if the certificate is valid for another 90 days; otherwise restart PostgreSQL and Postern afterwards.
#
# create-certificate.sh NAME SERVER_FOLDER AUTHORITY_FOLDER
set -eu
name=$1 server=$2 authority=$3
days=3650
! openssl x509 -noout -checkend 7776000 -in "$server/server.crt" 2>/dev/null || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

key "$work/ca.key"
openssl req -x509 -new -key "$work/ca.key" -days $days -subj "/CN=Authority for $name" -out "$work/ca.crt" \
  -addext 'keyUsage=critical,keyCertSign'
key "$work/server.key"
printf 'subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n' "$name" > "$work/extensions"
openssl req -new -key "$work/server.key" -subj "/CN=$name" |
  openssl x509 -req -CA "$work/ca.crt" -CAkey "$work/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days $days \
    -extfile "$work/extensions" -out "$work/server.crt" 2>/dev/null

# Copies a file and renames it, so that a name never has half a file. Gives the owner last, which needs the fewest rights.
place() {
  rm -f "$2.new"
  cp "$1" "$2.new"
  chmod "$3" "$2.new"
  [ "$(id -u)" != 0 ] || chown "$4" "$2.new"
  mv "$2.new" "$2"
}
place "$work/ca.crt" "$authority/ca.crt" 644 root
# PostgreSQL refuses a key that others can read.
place "$work/server.key" "$server/server.key" 600 postgres
# The certificate comes last, because its absence makes the next run repeat an interrupted one.
place "$work/server.crt" "$server/server.crt" 644 root
