#!/usr/bin/env bash
# The REST calls of a client in any language, with nothing but bash, curl and openssl: register alice, get a token, make a queue,
# find her by handle, reserve a group id, fetch the (empty) queue. Usage: examples/rest.sh [URL]   (default http://127.0.0.1:8080)
# What is left to an MLS library: KeyPackages, Commits, Welcomes and messages, posted as message/mls.
set -euo pipefail
url=${1:-http://127.0.0.1:8080}
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"

b64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
call() { curl -sS --fail-with-body "$@"; }
json=(-H 'content-type: application/json')

# A JWT (RFC 7523): iss = sub = who signs, aud = the token URL, used once, for a minute at most. $1: key file, $2: id
assertion() {
  local header payload now; now=$(date +%s)
  header=$(printf '{"alg":"EdDSA"}' | b64url)
  payload=$(printf '{"iss":"%s","sub":"%s","aud":"%s/v1/token","iat":%d,"exp":%d,"jti":"%s"}' "$2" "$2" "$url" "$now" $((now + 50)) "$(openssl rand -hex 16)" | b64url)
  printf '%s.%s' "$header" "$payload" > signed
  printf '%s.%s.%s' "$header" "$payload" "$(openssl pkeyutl -sign -inkey "$1" -rawin -in signed | b64url)"
}
token() {
  call "${json[@]}" -d "{\"grant_type\":\"urn:ietf:params:oauth:grant-type:jwt-bearer\",\"assertion\":\"$(assertion "$1" "$2")\"}" "$url/v1/token" | field access_token
}
raw_public_key() { openssl pkey -in "$1" -pubout -outform DER | tail -c 32 | b64url; }

# 1. The server hands out ids; the client puts them into a certificate request signed with its MLS signature key.
ids=$(call "${json[@]}" -d '{}' "$url/v1/ids"); user=$(field user <<<"$ids"); client=$(field client <<<"$ids")
openssl genpkey -algorithm ed25519 -out client.key
openssl req -new -key client.key -subj / -addext "subjectAltName=URI:$user,URI:$client" -outform DER -out client.csr
handle="alice-$(openssl rand -hex 4)"

# 2. Register. The Idempotency-Key makes a retry harmless: the same key and body get the first answer.
call "${json[@]}" -H "idempotency-key: register-$handle" \
  -d "{\"user\":\"$user\",\"client\":\"$client\",\"handle\":\"$handle\",\"csr\":\"$(b64url <client.csr)\"}" "$url/v1/users" > registered
echo "registered $handle as $user"

# 3. A bearer token, good for 15 minutes.
bearer=(-H "authorization: Bearer $(token client.key "$client")")

# 4. A fan-out queue with a key of its own; nothing on the server joins it to alice.
openssl genpkey -algorithm ed25519 -out queue.key
queue=$(call "${bearer[@]}" "${json[@]}" -d "{\"algorithm\":\"Ed25519\",\"publicKey\":\"$(raw_public_key queue.key)\"}" "$url/v1/queues" | field queue)
queue_bearer=(-H "authorization: Bearer $(token queue.key "$queue")")
echo "queue $queue"

# 5. Find people, reserve a group id, see what is in the queue.
call "${bearer[@]}" "$url/v1/directory?handle=$handle"; echo
group=$(call "${bearer[@]}" "${json[@]}" -d '{}' "$url/v1/groups" | field group)
echo "group $group"
path=$(printf '%s' "$queue" | sed 's/:/%3A/g; s,/,%2F,g')
call "${queue_bearer[@]}" "$url/v1/queues/$path/items?limit=10"; echo

# 6. With an MLS library: publish KeyPackages, create the group, send.
#   curl -H "authorization: Bearer …" -H 'content-type: message/mls' --data-binary @keyPackages.mls $url/v1/keyPackages
#   curl -X PUT … -d '{"groupInfo":"…"}' $url/v1/groups/<group>          (the GroupInfo of a one-leaf group)
#   curl … -H 'content-type: message/mls' --data-binary @commit-welcome-groupinfo.mls $url/v1/groups/<group>/commits
#   curl … -H 'content-type: message/mls' --data-binary @message.mls $url/v1/groups/<group>/messages
echo done
