"""docs/vectors/websocket.json: frames that are read and made, those that are refused, cursors."""
import json

import frames
from checks import ask, h, vectors


def websocket() -> None:
    given = vectors("websocket")
    ask(given["subprotocols"] == frames.SUBPROTOCOLS, "subprotocols")
    ask({int(code) for code in given["closeCodes"]} == frames.CLOSE_CODES, "close codes")
    for text in given["fromClient"]:
        ask(json.loads(text) == frames.from_client(text), text)
    for text in given["fromClientRefused"]:
        ask(_malformed(frames.from_client, text), text)
    ask({json.loads(text)["type"] for text in given["fromClient"]} == frames.FROM_CLIENT.keys(), "frames of a client")
    binary = given["binary"]
    name, message, frame = binary["id"], h(binary["message"]), h(binary["frame"])
    ask(frames.binary_send(name, message) == frame, "a binary send")
    ask(frames.read_binary_send(frame) == (name, message), "a binary send that is read")
    for refused in given["binaryRefused"]:
        ask(_malformed(frames.read_binary_send, h(refused)), f"a binary frame {refused!r}")
    for text in given["fromServer"]:
        ask(frames.from_server(text)["type"] in frames.FROM_SERVER, text)
    ask({json.loads(text)["type"] for text in given["fromServer"]} == frames.FROM_SERVER.keys(), "frames of the server")
    cursors = given["cursors"]
    ascending = [frames.place(cursor) for cursor in cursors["ascending"]]
    ask(all(a[0] == b[0] and a[1] < b[1] for a, b in zip(ascending, ascending[1:])), "cursors that ascend")
    ask(len({frames.place(cursor) for cursor in cursors["samePlace"]}) == 1, "cursors of one place")
    ask(frames.place(cursors["otherLog"])[0] != ascending[0][0], "a cursor of another log")


def _malformed(read, said) -> bool:
    try:
        read(said)
        return False
    except frames.Malformed:
        return True
