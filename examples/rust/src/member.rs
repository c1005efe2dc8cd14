//! A member of a group: joins, talks, commits, comes back (docs/wire.md, Groups). OpenMLS does the MLS.
use openmls::prelude::{
    CommitMessageBundle, GroupEpoch, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, OpenMlsProvider, OpenMlsRand,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, RatchetTreeIn, StagedCommit, StagedWelcome,
    tls_codec::{Deserialize, Serialize},
};
use serde_json::Value;

use crate::{
    account::Account,
    certificates::identity_in,
    content::{MessageId, Text},
    realtime::Realtime,
    server::{Outcome, Problem, bytes, segment, text},
};

/// What came of an item of the queue.
pub enum Heard {
    Text(Text),
    Commit,
    Removed,
    Nothing,
}

pub struct Member<'a> {
    account: &'a Account,
    pub room: String,
    group: MlsGroup,
}

impl<'a> Member<'a> {
    /// The Welcome is had by the queue's token, the tree by the client's.
    pub fn join(account: &'a Account, item: &Value) -> Outcome<Self> {
        let room = text(item, "group")?.to_owned();
        let path = format!("/v1/queues/{}/welcomes/{}", segment(&account.queue), text(item, "digest")?);
        let welcome = account.server.get_mls(&path, &account.queue_token)?;
        let MlsMessageBodyIn::Welcome(welcome) = message(&welcome)?.extract() else { return Err("no Welcome".into()) };
        let path = format!("/v1/groups/{}/tree?epoch={}", segment(&room), text(item, "epoch")?);
        let tree = tree(&account.server.get(&path, &account.token)?)?;
        let group = StagedWelcome::new_from_welcome(&account.mls, &config(), welcome, Some(tree))?.into_group(&account.mls)?;
        believed(account, &group)?;
        Ok(Self { account, room, group })
    }

    /// In place of its leaf, by an external Commit: what a client does that has lost its state, or cannot follow.
    pub fn resync(self) -> Outcome<Self> {
        let Self { account, room, mut group } = self;
        group.delete(account.mls.storage())?;
        let info = account.server.get(&format!("/v1/groups/{}/groupInfo", segment(&room)), &account.token)?;
        let MlsMessageBodyIn::GroupInfo(group_info) = message(&bytes(&info, "groupInfo")?)?.extract() else {
            return Err("no GroupInfo".into());
        };
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_ratchet_tree(tree(&info)?)
            .with_config(config())
            .build_group(&account.mls, group_info, account.credential()?)?
            .leaf_node_parameters(account.leaf()?)
            .load_psks(account.mls.storage())?
            .create_group_info(true)
            .build(account.mls.rand(), account.mls.crypto(), &account.key, |_| true)?
            .finalize(&account.mls)?;
        believed(account, &group)?;
        let member = Self { account, room, group };
        member.post(bundle)?;
        Ok(member)
    }

    /// An empty Commit with a path: fresh keys, and a leaf without an end of its own.
    pub fn update(&mut self) -> Outcome<()> {
        loop {
            let account = self.account;
            let bundle = self
                .group
                .commit_builder()
                .leaf_node_parameters(account.leaf()?)
                .force_self_update(true)
                .load_psks(account.mls.storage())?
                .create_group_info(true)
                .build(account.mls.rand(), account.mls.crypto(), &account.key, |_| true)?
                .stage_commit(&account.mls)?;
            match self.post(bundle) {
                Ok(()) => return Ok(self.group.merge_pending_commit(&account.mls)?),
                Err(error) => self.follow_winner(error)?,
            }
        }
    }

    /// Another Commit ended the epoch: it is in the answer.
    fn follow_winner(&mut self, error: Box<dyn std::error::Error>) -> Outcome<()> {
        self.group.clear_pending_commit(self.account.mls.storage())?;
        let Some(Problem(problem)) = error.downcast_ref::<Problem>() else { return Err(error) };
        if problem["code"] != "wrong-epoch" {
            return Err(error);
        }
        self.process(&bytes(problem, "winningCommit")?).map(|_| ())
    }

    /// The Commit, and the GroupInfo of the state that it leads to.
    fn post(&self, bundle: CommitMessageBundle) -> Outcome<()> {
        let (commit, _, group_info) = bundle.into_messages();
        let mut messages = commit.tls_serialize_detached()?;
        group_info.ok_or("no GroupInfo was made")?.tls_serialize(&mut messages)?;
        self.account.server.post_mls(&format!("/v1/groups/{}/commits", segment(&self.room)), &self.account.token, messages)?;
        Ok(())
    }

    pub fn send(&mut self, realtime: &mut Realtime, text: &str, in_reply_to: Option<MessageId>) -> Outcome<()> {
        let salt = self.account.mls.rand().random_array()?;
        let (sender, room) = (self.account.me.user.clone(), self.room.clone());
        let content = Text { salt, in_reply_to, sender, room, text: text.to_owned() }.encode();
        let message = self.group.create_message(&self.account.mls, &self.account.key, &content)?.tls_serialize_detached()?;
        realtime.send(&self.room, &message, self.group.public_group().group_context().confirmed_transcript_hash())
    }

    pub fn hear(&mut self, item: &Value) -> Outcome<Heard> {
        if item["group"] != self.room || item["message"].is_null() {
            return Ok(Heard::Nothing);
        }
        self.process(&bytes(item, "message")?)
    }

    fn process(&mut self, bytes: &[u8]) -> Outcome<Heard> {
        let message = message(bytes)?.try_into_protocol_message()?;
        if message.is_handshake_message() && message.epoch() < self.group.epoch() {
            return Ok(Heard::Nothing); // one's own Commit, or the winner that was had before
        }
        let processed = self.group.process_message(&self.account.mls, message)?;
        let (credential, aad) = (processed.credential().clone(), processed.aad().to_vec());
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) if is_content(&aad) => {
                let text = Text::decode(&message.into_bytes())?;
                let said_by = identity_in(&credential)?.user; // verified when its leaf came in
                let true_names = text.sender == said_by && text.room == self.room;
                if true_names { Ok(Heard::Text(text)) } else { Err("it says another sender or group than MLS".into()) }
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => self.merge(*commit),
            ProcessedMessageContent::ProposalMessage(proposal) => {
                self.group.store_pending_proposal(self.account.mls.storage(), *proposal)?;
                Ok(Heard::Nothing)
            }
            _ => Ok(Heard::Nothing), // one's own message comes back as the same bytes
        }
    }

    fn merge(&mut self, commit: StagedCommit) -> Outcome<Heard> {
        for add in commit.add_proposals() {
            self.account.identity(add.add_proposal().key_package().leaf_node())?;
        }
        for update in commit.update_proposals() {
            self.account.identity(update.update_proposal().leaf_node())?;
        }
        if let Some(leaf) = commit.update_path_leaf_node() {
            self.account.identity(leaf)?;
        }
        let removed = commit.self_removed();
        self.group.merge_staged_commit(&self.account.mls, commit)?;
        Ok(if removed { Heard::Removed } else { Heard::Commit })
    }

    pub fn epoch(&self) -> GroupEpoch {
        self.group.epoch()
    }
}

/// A content has nothing beside it, or the tag that a report of it would need; whatever else is beside a message is no content.
fn is_content(aad: &[u8]) -> bool {
    aad.is_empty() || aad.strip_prefix(b"mls-homeserver frank 1").is_some_and(|tag| tag.len() == 32)
}

/// Every leaf of a group that one joins is verified.
fn believed(account: &Account, group: &MlsGroup) -> Outcome<()> {
    for member in group.members() {
        account.verified(&member.credential, &member.signature_key)?;
    }
    Ok(())
}

/// Proposals and Commits are PublicMessages; five past epochs are read; messages are padded; the homeserver has the tree.
fn config() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .max_past_epochs(5)
        .padding_size(256)
        .use_ratchet_tree_extension(false)
        .build()
}

fn message(bytes: &[u8]) -> Outcome<MlsMessageIn> {
    Ok(MlsMessageIn::tls_deserialize_exact(bytes)?)
}

fn tree(answer: &Value) -> Outcome<RatchetTreeIn> {
    Ok(RatchetTreeIn::tls_deserialize_exact(bytes(answer, "ratchetTree")?)?)
}
