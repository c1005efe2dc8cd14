"""Two clients of a homeserver, from nothing to the first message. Usage: client.py [URL]   (default http://127.0.0.1:8080)"""
import sys
from uuid import uuid4

from account import Account
from content import decode, message_id, text_content
from encoding import base64url, from_base64url
from lonely_group import LonelyGroup
from realtime import Realtime
from server import Problem, Server, segment


def main(url: str) -> None:
    server = Server(url)
    alice = Account(server, f"alice-{uuid4().hex[:8]}")
    bob = Account(server, f"bob-{uuid4().hex[:8]}")
    print(f"registered {alice.handle} and {bob.handle}")

    alice.publish(2)
    bob.publish(2)
    found = alice.find(bob.handle)
    claimed = alice.claim(found)
    print(f"{bob.handle} is {found}; claimed and verified {len(claimed)} KeyPackage")

    group = create_group(alice)
    print(f"created {group.id.decode()}")
    talk(alice, group)
    print(f"refused as it should be: {refusal_of_a_stranger(bob, group)}")


def create_group(alice: Account) -> LonelyGroup:
    """Reserved, then created at epoch 0 (docs/wire.md, Groups). To add somebody is an MLS library's work."""
    reserved = alice.server.call("POST", "/v1/groups", {}, alice.token)["group"]
    group = LonelyGroup(reserved, alice.key, alice.leaf())
    body = {"groupInfo": base64url(group.group_info()), "ratchetTree": base64url(group.ratchet_tree())}
    alice.server.call("PUT", f"/v1/groups/{segment(reserved)}", body, alice.token)
    return group


def talk(alice: Account, group: LonelyGroup) -> None:
    """Sends by the websocket, and reads in the queue what it sent: everybody gets the same bytes."""
    room = group.id.decode()
    content = text_content(alice.user, room, "Hello myself!")
    message = group.encrypt(content)
    realtime = Realtime(alice.server.about["websocketUrl"], alice.token)
    realtime.open(alice.queue, alice.queue_token)
    realtime.until("queueEmpty")
    realtime.send("hello", message)
    item, accepted = {}, {}
    while not (item and accepted):  # an item may come before the answer to its send
        frame = realtime.until("item", "accepted")
        if frame["type"] == "accepted":
            accepted = frame
        elif frame["item"]["type"] == "message":
            item = frame["item"]
    read = group.decrypt(from_base64url(item["message"]))
    salt, *_, body = decode(read)
    if read != content or accepted["id"] != "hello":
        raise ValueError("another message came back")
    print(f"read {body[4].decode()!r}, message {message_id(alice.user, room, read, salt).hex()}")
    realtime.acknowledge(alice.queue, item["position"])
    realtime.close()
    acknowledge_and_see_nothing_left(alice, item["position"])


def acknowledge_and_see_nothing_left(alice: Account, position: str) -> None:
    """The same by HTTP: an acknowledgement may come twice."""
    queue = f"/v1/queues/{segment(alice.queue)}"
    alice.server.call("POST", f"{queue}/acknowledgements", {"upTo": position}, alice.queue_token)
    page = alice.server.call("GET", f"{queue}/items?limit=100", token=alice.queue_token)
    if page["items"] or page["acknowledged"] != position:
        raise ValueError(f"still in the queue: {page}")
    print("acknowledged, the queue is empty")


def refusal_of_a_stranger(bob: Account, group: LonelyGroup) -> str:
    """Bob is no member: he gets nothing of the group."""
    try:
        bob.server.call("GET", f"/v1/groups/{segment(group.id.decode())}/groupInfo", token=bob.token)
    except Problem as problem:
        return problem.code
    raise ValueError("a stranger was let in")


main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
