"""docs/vectors/group.json: bob follows the group from its Welcome on, by the code of this folder alone."""
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks import ask, h, vectors
from encoding import vector
from framing import GroupInfo, Public
from member import Member
from mls import key_package_ref
from tree import Tree


def group() -> None:
    given = vectors("group")
    people = {row["name"]: row for row in given["members"]}
    for row in people.values():
        ask(key_package_ref(h(row["keyPackage"])) == h(row["ref"]), f"the KeyPackageRef of {row['name']}")
    created, added, *rest = given["steps"]
    _begun(created, added)
    bob = _joined(added, people["bob"])
    for step in rest:
        FOLLOWED[step["step"]](bob, step)


def _begun(created: dict, added: dict) -> None:
    """Before bob there are no secrets to know: what everybody can read, and that the first Commit follows from it."""
    tree, info = Tree.read(h(created["ratchetTree"])), GroupInfo.of_message(h(created["groupInfo"]))
    info.check(tree)
    ask(tree.hash() == h(created["state"]["treeHash"]), "the tree hash of epoch 0")
    ask(tree.written() == h(created["state"]["ratchetTree"]), "the tree of epoch 0")
    commit = Public(h(added["commit"]), info.context, tree, None)
    interim = sha256(info.confirmed + vector(info.tag)).digest()
    confirmed = sha256(interim + commit.confirmed_input).digest()
    ask(confirmed == h(added["state"]["confirmedTranscriptHash"]), "the transcript of the first Commit")


def _joined(step: dict, person: dict) -> Member:
    key = Ed25519PrivateKey.from_private_bytes(h(person["signaturePrivateKey"])).public_key().public_bytes_raw()
    member = Member(key, h(person["encryptionPrivateKey"]))
    package, init_key = h(person["keyPackage"]), h(person["initPrivateKey"])
    member.join(h(step["welcome"]), h(step["state"]["ratchetTree"]), package, init_key)
    _as_told(member, step)
    return member


def _as_told(member: Member, step: dict) -> None:
    state, info = step["state"], GroupInfo.of_message(h(step["groupInfo"]))
    info.check(member.tree)
    ask(info.context == member.context, f"the GroupInfo of epoch {state['epoch']}")
    ask(str(member.epoch) == state["epoch"], f"the number of epoch {state['epoch']}")
    ask(member.tree.hash() == h(state["treeHash"]), f"the tree hash of epoch {state['epoch']}")
    ask(member.tree.written() == h(state["ratchetTree"]), f"the tree of epoch {state['epoch']}")
    ask(member.confirmed == h(state["confirmedTranscriptHash"]), f"the transcript of epoch {state['epoch']}")
    ask(member.exported("test") == h(state["exported"]), f"the secrets of epoch {state['epoch']}")


def _follows(member: Member, step: dict) -> None:
    ask(_not_followed(member.commit, h(step["commit"])), "a forged Commit")
    member.commit(h(step["commit"]))
    _as_told(member, step)


def _proposes(member: Member, step: dict) -> None:
    ask(_not_followed(member.propose, h(step["proposal"])), "a forged proposal")
    ask(member.propose(h(step["proposal"])) == h(step["ref"]), "a ProposalRef")


def _opens(member: Member, step: dict) -> None:
    ask(_not_followed(member.open, h(step["message"])), "a forged message")
    said = member.open(h(step["message"]))
    ask(said == (h(step["plaintext"]), h(step["authenticatedData"])), "what a message says")
    ask(member.confirmed == h(step["confirmedTranscriptHash"]), "the epoch of a message")


def _not_followed(by, message: bytes) -> bool:
    """Nothing of it is taken: what comes after must still follow."""
    try:
        by(message[:-1] + bytes([message[-1] ^ 1]))
        return False
    except (InvalidSignature, InvalidTag, ValueError):
        return True


FOLLOWED = {"commit": _follows, "proposal": _proposes, "message": _opens}
