#!/usr/bin/env bash
# Makes the certificates that the tests of TLS use: an issuer, a server on this machine and a client that it vouches for, and
# a stranger. They are for these tests alone.
#
#     crates/hilum-node/tests/reference/make_certificates.sh [FOLDER, that of this script by default]
set -euo pipefail
cd "${1:-$(dirname "$0")}"

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }

# NAME EXTENSIONS...: a certificate of the issuer's.
issue() {
  local name=$1
  shift
  key "$name"
  openssl req -new -key "$name.key" -subj "/CN=hilum test $name" -out "$name.csr"
  printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' "$@" >"$name.ext"
  openssl x509 -req -in "$name.csr" -CA issuer.pem -CAkey issuer.key -days 36500 -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  rm "$name.csr" "$name.ext"
}

self_signed() {
  key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=hilum test $1" -days 36500 -out "$1.pem" "${@:2}"
}

self_signed issuer -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign'
issue server 'extendedKeyUsage=serverAuth,clientAuth' 'subjectAltName=DNS:localhost,IP:127.0.0.1'
issue client 'extendedKeyUsage=clientAuth'
self_signed stranger -addext 'extendedKeyUsage=clientAuth,serverAuth'
rm -f issuer.key issuer.srl
