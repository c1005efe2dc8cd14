"""The websocket of one client: its queue is opened, items are acknowledged, messages sent (docs/wire.md, Websocket)."""
import json

from websockets.sync.client import connect

from encoding import uint

PATIENCE_S = 20


class Realtime:
    def __init__(self, url: str, token: str):
        protocols = ["mls-homeserver.1", f"bearer.{token}"]
        self.socket = connect(url, subprotocols=protocols, compression=None)

    def open(self, queue: str, token: str) -> None:
        """What stands in the queue comes at once, then what is new."""
        self._say({"type": "open", "queue": queue, "token": token})

    def acknowledge(self, queue: str, position: str) -> None:
        """What an item led to is saved before."""
        self._say({"type": "acknowledge", "queue": queue, "upTo": position})

    def send(self, name: str, message: bytes) -> None:
        """A binary frame: the group is the message's own."""
        self.socket.send(uint(1, len(name)) + name.encode() + message)

    def until(self, *types: str) -> dict:
        """The next frame of one of the types; throws for what was refused. Others are passed over."""
        while True:
            frame = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if frame["type"] in ("error", "refused"):
                raise ValueError(f"refused: {frame['problem']}")
            if frame["type"] in types:
                return frame

    def close(self) -> None:
        self.socket.close()

    def _say(self, frame: dict) -> None:
        self.socket.send(json.dumps(frame))
