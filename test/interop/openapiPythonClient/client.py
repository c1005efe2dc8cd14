"""A client made by openapi-python-client alone: registers, publishes, fetches, and is refused in ways it can tell apart."""

import base64
import io
import json
import subprocess
import sys
import time

from homeserver_client import AuthenticatedClient, Client
from homeserver_client.api.authentication_service import get_contacts, post_ids, post_token, post_users
from homeserver_client.api.key_packages import get_key_packages, post_key_packages
from homeserver_client.api.queuing_service import get_queue_key, get_queues_queue_items, post_queues
from homeserver_client.models import (
    PostIdsRequest,
    PostKeyPackagesRequest,
    PostQueuesRequest,
    PostTokenRequest,
    PostUsersRequest,
    ProblemCursorExpired,
    SignatureAlgorithm,
)
from homeserver_client.types import File

url, node, mls_objects = sys.argv[1:]


def make(**asked):
    made = subprocess.run([node, mls_objects], input=json.dumps(asked), capture_output=True, text=True, check=True)
    return json.loads(made.stdout)


def holder(seed, id):
    assertion = make(make="assertion", seed=seed, id=id, audience=f"{url}/v1/token")["assertion"]
    body = PostTokenRequest(grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=assertion)
    token = post_token.sync(client=anyone, body=body).access_token
    return AuthenticatedClient(base_url=url, token=token)


anyone = Client(base_url=url)
seed = make(make="keys")["seed"]
ids = post_ids.sync(client=anyone, body=PostIdsRequest())
csr = make(make="csr", seed=seed, user=ids.user, client=ids.client)["csr"]
handle = "py-" + "".join(one for one in ids.user[-8:].lower() if one.isalnum())
registered = post_users.sync(
    client=anyone, body=PostUsersRequest(user=ids.user, client=ids.client, handle=handle, csr=csr)
)
assert abs(registered.server_time / 1000 - time.time()) < 60, registered
me = holder(seed, ids.client)

queue_keys = make(make="keys")
queue = post_queues.sync(
    client=me, body=PostQueuesRequest(algorithm=SignatureAlgorithm.ED25519, public_key=queue_keys["publicKey"])
).queue
queue_key = get_queue_key.sync(client=anyone).to_dict()
certificates = registered.certificates
first, second = (
    make(make="keyPackage", seed=seed, certificates=certificates, queue=queue, queueKey=queue_key, lastResort=last_resort)
    for last_resort in (True, False)
)
published = post_key_packages.sync(client=me, body=PostKeyPackagesRequest(key_packages=[first["keyPackage"]]))
assert published.refs == [first["ref"]], published
as_it_is = File(payload=io.BytesIO(base64.urlsafe_b64decode(second["keyPackage"] + "==")))
position = post_key_packages.sync(client=me, body=as_it_is).position
stock = get_key_packages.sync(client=me, at_least=position).stock
assert [(one.count, one.last_resort) for one in stock] == [(1, True)], stock

page = get_queues_queue_items.sync(queue, client=holder(queue_keys["seed"], queue), limit=10)
assert page.items == [] and page.next_ != "", page
refused = get_contacts.sync(client=me, at_least="other.1")
assert isinstance(refused, ProblemCursorExpired) and refused.code == "cursor-expired", refused
print("registered, published, fetched")
