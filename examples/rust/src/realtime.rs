//! The websocket of one client: opens its queues, takes items, acknowledges them, sends (docs/wire.md, Websocket).
use std::{collections::VecDeque, net::TcpStream, time::Duration};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket, client::IntoClientRequest, stream::MaybeTlsStream};

use crate::{
    account::Account,
    server::{Outcome, Problem, base64url, text},
};

const PATIENCE: Duration = Duration::from_secs(60);

pub struct Realtime {
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    waiting: VecDeque<Value>,
    sends: u64,
}

impl Realtime {
    /// Both queues, each by its own token.
    pub fn open(account: &Account) -> Outcome<Self> {
        let about = account.server.get("/.well-known/mls-homeserver", "")?;
        let mut request = text(&about, "websocketUrl")?.into_client_request()?;
        request.headers_mut().insert("sec-websocket-protocol", "mls-homeserver.1".parse()?);
        let (socket, _) = tungstenite::connect(request)?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE))?;
        }
        let mut realtime = Self { socket, waiting: VecDeque::new(), sends: 0 };
        for (queue, token) in [(&account.direct_queue, &account.token), (&account.queue, &account.queue_token)] {
            realtime.say(json!({"type": "open", "queue": queue, "token": token}))?;
        }
        Ok(realtime)
    }

    /// The next item of the fan-out queue. What the direct queue says (KeyPackages are low) is passed over here.
    pub fn item(&mut self, queue: &str) -> Outcome<Value> {
        loop {
            let frame = match self.waiting.pop_front() {
                Some(frame) => frame,
                None => self.frame()?,
            };
            if frame["type"] == "item" && frame["queue"] == queue {
                return Ok(frame["item"].clone());
            }
        }
    }

    /// Returns when the homeserver has the message. Items that come before the answer wait.
    pub fn send(&mut self, group: &str, message: &[u8], confirmed_transcript_hash: &[u8]) -> Outcome<()> {
        self.sends += 1;
        let id = format!("send-{}", self.sends);
        let hash = base64url(confirmed_transcript_hash);
        self.say(
            json!({"type": "send", "id": id, "group": group, "message": base64url(message), "confirmedTranscriptHash": hash}),
        )?;
        loop {
            let frame = self.frame()?;
            if frame["type"] == "accepted" && frame["id"] == id {
                return Ok(());
            }
            self.waiting.push_back(frame);
        }
    }

    pub fn acknowledge(&mut self, queue: &str, item: &Value) -> Outcome<()> {
        self.say(json!({"type": "acknowledge", "queue": queue, "upTo": item["position"]}))
    }

    fn frame(&mut self) -> Outcome<Value> {
        loop {
            let Message::Text(text) = self.socket.read()? else { continue };
            let frame: Value = serde_json::from_str(&text)?;
            if frame["type"] == "error" || frame["type"] == "refused" {
                return Err(Problem(frame["problem"].clone()).into());
            }
            if frame["type"] == "signalled" {
                continue; // no item and no MLS message (docs/wire.md, Signals): whoever does not show who is typing lets it go
            }
            return Ok(frame);
        }
    }

    fn say(&mut self, frame: Value) -> Outcome<()> {
        Ok(self.socket.send(Message::text(frame.to_string()))?)
    }
}
