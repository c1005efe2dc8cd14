//! Application content: a text, as MIMI content in deterministic CBOR (docs/wire.md, Application content).
use minicbor::{
    Decoder, Encoder,
    data::Type,
    encode::{Error, write::Write},
};
use sha2::{Digest, Sha256};

use crate::server::Outcome;

pub type MessageId = [u8; 32];

#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    pub salt: [u8; 16],
    pub in_reply_to: Option<MessageId>,
    pub sender: String,
    pub room: String,
    pub text: String,
}

const PLAIN: &str = "text/plain;charset=utf-8";

impl Text {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![];
        self.write(&mut Encoder::new(&mut bytes)).expect("a Vec takes everything");
        bytes
    }

    fn write<W: Write>(&self, to: &mut Encoder<W>) -> Result<(), Error<W::Error>> {
        to.array(7)?.bytes(&self.salt)?.null()?.bytes(&[])?.null()?;
        match self.in_reply_to {
            Some(id) => to.bytes(&id)?,
            None => to.null()?,
        };
        to.map(2)?.u8(1)?.str(&self.sender)?.u8(2)?.str(&self.room)?;
        to.array(5)?.u8(1)?.str("")?.u8(1)?.str(PLAIN)?.bytes(self.text.as_bytes())?;
        Ok(())
    }

    /// Reads texts and replies, and nothing else: what would be written in another way is no content that this example knows.
    pub fn decode(bytes: &[u8]) -> Outcome<Self> {
        let mut from = Decoder::new(bytes);
        from.array()?;
        let salt = from.bytes()?.try_into()?;
        from.skip()?; // replaces
        from.skip()?; // topicId
        from.skip()?; // expires
        let in_reply_to =
            if from.datatype()? == Type::Bytes { Some(from.bytes()?.try_into()?) } else { from.null().map(|()| None)? };
        from.map()?;
        let (_, sender, _, room) = (from.u8()?, from.str()?.to_owned(), from.u8()?, from.str()?.to_owned());
        from.array()?;
        let (_, _, _, _) = (from.u8()?, from.str()?, from.u8()?, from.str()?);
        let text = String::from_utf8(from.bytes()?.to_vec())?;
        let read = Self { salt, in_reply_to, sender, room, text };
        if read.encode() == bytes { Ok(read) } else { Err("no text".into()) }
    }

    /// §3.3
    pub fn id(&self) -> MessageId {
        let mut hash = Sha256::new();
        for uri in [&self.sender, &self.room] {
            hash.update((uri.len() as u16).to_be_bytes());
            hash.update(uri);
        }
        hash.update(self.encode());
        hash.update(self.salt);
        let mut id = [1; 32];
        id[1..].copy_from_slice(&hash.finalize()[..31]);
        id
    }
}
