#!/usr/bin/env bash
# Makes the certificates of the TLS tests anew: an authority of our own, a server certificate for localhost, and one for
# another name. All are valid from 2024 to the end of 2046. Their keys guard nothing but these tests.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# `openssl ca`, because it alone of openssl 3.0's commands lets one say when a certificate begins to be valid.
touch "$work/index.txt"
cat >"$work/ca.cnf" <<CONFIG
[ca]
default_ca = tests
[tests]
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
default_md = sha256
default_startdate = 20240101000000Z
default_enddate = 20461231235959Z
policy = any_name
unique_subject = no
[any_name]
commonName = supplied
CONFIG

# sign NAME SUBJECT EXTENSION... : a key and a certificate; the authority signs itself.
sign() {
    local name=$1 subject=$2 authority=(-cert ca.pem -keyfile "$work/ca.key")
    shift 2
    if [[ $name == ca ]]; then authority=(-selfsign -keyfile "$work/ca.key"); fi
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
        -subj "/CN=$subject" -keyout "$work/$name.key" -out "$work/$name.csr"
    openssl ca -batch -notext -config "$work/ca.cnf" "${authority[@]}" \
        -extfile <(printf '%s\n' "$@") -in "$work/$name.csr" -out "$name.pem"
}

sign ca "wxrelay test authority" "basicConstraints=critical,CA:TRUE" "keyUsage=critical,keyCertSign,cRLSign"
for host in localhost other.example; do
    sign "$host" "$host" "subjectAltName=DNS:$host" "extendedKeyUsage=serverAuth"
    mv "$work/$host.key" .
done
