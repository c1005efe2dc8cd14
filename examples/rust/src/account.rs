//! A client of a user: registered, with a fan-out queue (docs/wire.md, from nothing to the first message).
use openmls::prelude::{
    Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, Extension, ExtensionType, Extensions, HpkeAeadType,
    HpkeConfig, HpkeKdfType, HpkeKemType, KeyPackage, LeafNode, LeafNodeParameters, Lifetime, MlsMessageOut, OpenMlsCrypto,
    OpenMlsProvider, ProtocolVersion, UnknownExtension,
    tls_codec::{Serialize, VLBytes},
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use serde_json::{Value, json};

use crate::{
    certificates::{Identity, credential, verified},
    key::Key,
    server::{Outcome, Server, base64url, bytes, from_base64url, text},
};

pub const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
const QUEUE_REFERENCE: u16 = 0xF0C1;
const KEY_PACKAGE_LIFETIME_S: u64 = 30 * 24 * 3_600;

pub struct Account {
    pub mls: OpenMlsRustCrypto,
    pub server: Server,
    pub me: Identity,
    pub key: Key,
    pub token: String,
    pub direct_queue: String,
    pub queue: String,
    pub queue_token: String,
    chain: Vec<Vec<u8>>,
    /// The first that was seen: another one is never believed.
    root: Vec<u8>,
}

impl Account {
    pub fn register(url: &str, handle: &str) -> Outcome<Self> {
        let (server, mls) = (Server::new(url), OpenMlsRustCrypto::default());
        let (key, queue_key) = (Key::new(mls.rand()), Key::new(mls.rand()));
        let root = bytes(&server.get("/v1/authority", "")?, "root")?;
        let ids = server.post("/v1/ids", "", &json!({}))?;
        let me = Identity { user: text(&ids, "user")?.into(), client: text(&ids, "client")?.into() };
        let csr = base64url(key.certification_request(&me.user, &me.client)?);
        let body = json!({"user": me.user, "client": me.client, "handle": handle, "csr": csr});
        let registered = server.post("/v1/users", "", &body)?;
        let chain = chain_of(&registered)?;
        if verified(&credential(&chain)?, &key.public(), &root)? != me {
            return Err("these certificates are somebody else's".into());
        }
        let token = key.token(&server, mls.rand(), &me.client)?;
        let body = json!({"algorithm": "Ed25519", "publicKey": base64url(queue_key.public())});
        let queue = text(&server.post("/v1/queues", &token, &body)?, "queue")?.to_owned();
        let queue_token = queue_key.token(&server, mls.rand(), &queue)?;
        let direct_queue = text(&registered, "directQueue")?.to_owned();
        Ok(Self { mls, server, me, key, token, direct_queue, queue, queue_token, chain, root })
    }

    /// Some KeyPackages, and a last-resort one.
    pub fn publish(&self, count: usize) -> Outcome<()> {
        let mut messages = vec![];
        for n in 0..=count {
            MlsMessageOut::from(self.key_package(n == count)?).tls_serialize(&mut messages)?;
        }
        self.server.post_mls("/v1/keyPackages", &self.token, messages)?;
        Ok(())
    }

    /// What this client puts into a leaf that it makes by a Commit: its queue reference is sealed anew each time.
    pub fn leaf(&self) -> Outcome<LeafNodeParameters> {
        let leaf = LeafNodeParameters::builder().with_capabilities(capabilities()).with_extensions(self.leaf_extensions()?);
        Ok(leaf.build())
    }

    pub fn credential(&self) -> Outcome<CredentialWithKey> {
        Ok(CredentialWithKey { credential: credential(&self.chain)?, signature_key: self.key.public().into() })
    }

    /// Whose a leaf is; an error where it is not to be believed.
    pub fn identity(&self, leaf: &LeafNode) -> Outcome<Identity> {
        self.verified(leaf.credential(), leaf.signature_key().as_slice())
    }

    pub fn verified(&self, credential: &Credential, signature_key: &[u8]) -> Outcome<Identity> {
        verified(credential, signature_key, &self.root)
    }

    /// Its private keys stay in the storage of `mls`, where a Welcome finds them.
    fn key_package(&self, last_resort: bool) -> Outcome<KeyPackage> {
        let mut builder = KeyPackage::builder()
            .key_package_lifetime(Lifetime::new(KEY_PACKAGE_LIFETIME_S))
            .leaf_node_capabilities(capabilities())
            .leaf_node_extensions(self.leaf_extensions()?);
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        Ok(builder.build(SUITE, &self.mls, &self.key, self.credential()?)?.key_package().clone())
    }

    fn leaf_extensions(&self) -> Outcome<Extensions<LeafNode>> {
        let reference = UnknownExtension(self.queue_reference()?);
        Ok(Extensions::single(Extension::Unknown(QUEUE_REFERENCE, reference))?)
    }

    /// docs/wire.md, Queue reference. HpkeCiphertext is `enc` and `ciphertext`, each a vector.
    fn queue_reference(&self) -> Outcome<Vec<u8>> {
        let to = self.server.get("/v1/queueKey", "")?;
        let suite = HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128);
        let (info, aad, recipient) = (b"mls-homeserver queue 1", self.key.public(), bytes(&to, "publicKey")?);
        let sealed = self.mls.crypto().hpke_seal(suite, &recipient, info, &aad, self.queue.as_bytes())?;
        let mut reference = VLBytes::from(text(&to, "domain")?.as_bytes()).tls_serialize_detached()?;
        VLBytes::from(bytes(&to, "keyId")?).tls_serialize(&mut reference)?;
        sealed.tls_serialize(&mut reference)?;
        Ok(reference)
    }
}

/// docs/wire.md, Leaves and KeyPackages
fn capabilities() -> Capabilities {
    Capabilities::new(
        Some(&[ProtocolVersion::Mls10]),
        Some(&[SUITE]),
        Some(&[ExtensionType::Unknown(QUEUE_REFERENCE)]),
        Some(&[]),
        Some(&[CredentialType::X509]),
    )
}

fn chain_of(registered: &Value) -> Outcome<Vec<Vec<u8>>> {
    let certificates = registered["certificates"].as_array().ok_or("no certificates")?;
    certificates.iter().map(|it| from_base64url(it.as_str().unwrap_or(""))).collect()
}
