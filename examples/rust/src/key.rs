//! A signature key: of a client (its MLS one) or of a queue, and what it signs for the homeserver (docs/wire.md, Vouching).
use std::time::{SystemTime, UNIX_EPOCH};

use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{OpenMlsRand, SignatureScheme};
use openmls_traits::signatures::{Signer, SignerError};
use serde_json::{Value, json};
use x509_cert::{
    builder::{Builder, RequestBuilder},
    der::{
        Encode,
        asn1::{BitString, Ia5String},
    },
    ext::pkix::{SubjectAltName, name::GeneralName},
    name::Name,
};

use crate::server::{Outcome, Server, base64url, text};

pub struct Key(SigningKey);

impl Key {
    pub fn new(random: &impl OpenMlsRand) -> Self {
        Self(SigningKey::from_bytes(&random.random_array().expect("random bytes")))
    }

    pub fn public(&self) -> Vec<u8> {
        self.0.verifying_key().to_bytes().to_vec()
    }

    /// PKCS#10, with both ids as its names.
    pub fn certification_request(&self, user: &str, client: &str) -> Outcome<Vec<u8>> {
        let uri = |id| Ok::<_, x509_cert::der::Error>(GeneralName::UniformResourceIdentifier(Ia5String::new(id)?));
        let mut request = RequestBuilder::new(Name::default(), &self.0)?;
        request.add_extension(&SubjectAltName(vec![uri(user)?, uri(client)?]))?;
        let signature = self.0.sign(&request.finalize()?).to_bytes();
        Ok(request.assemble(BitString::from_bytes(&signature)?)?.to_der()?)
    }

    /// `issuer` is the client or the queue whose key this is.
    pub fn token(&self, server: &Server, random: &impl OpenMlsRand, issuer: &str) -> Outcome<String> {
        let about = server.get("/.well-known/mls-homeserver", "")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let assertion = self.jws(&json!({
            "iss": issuer, "sub": issuer, "aud": format!("{}/v1/token", text(&about, "baseUrl")?),
            "iat": now, "exp": now + 45, "jti": base64url(random.random_vec(16).map_err(|_| "no random bytes")?),
        }));
        let body = json!({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion});
        Ok(text(&server.post("/v1/token", "", &body)?, "access_token")?.to_owned())
    }

    fn jws(&self, claims: &Value) -> String {
        let signed = format!("{}.{}", base64url(json!({"alg": "EdDSA"}).to_string()), base64url(claims.to_string()));
        let signature = self.0.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", base64url(signature))
    }
}

/// So OpenMLS signs with it.
impl Signer for Key {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}
