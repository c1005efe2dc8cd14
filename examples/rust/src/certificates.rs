//! Whether a leaf is of whom it says (docs/wire.md, Verifying others).
use ed25519_dalek::{Signature, VerifyingKey};
use openmls::prelude::{
    Credential, CredentialType,
    tls_codec::{Deserialize, Serialize, VLBytes},
};
use x509_cert::{
    Certificate, Version,
    der::{Decode, Encode, oid::AssociatedOid},
    ext::pkix::{BasicConstraints, KeyUsage, SubjectAltName, name::GeneralName},
};

use crate::server::Outcome;

#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub user: String,
    pub client: String,
}

/// A leaf's credential of the chain that the homeserver issued: `[client, intermediate]`.
pub fn credential(chain: &[Vec<u8>]) -> Outcome<Credential> {
    let mut certificates = vec![];
    for certificate in chain {
        VLBytes::from(certificate.clone()).tls_serialize(&mut certificates)?;
    }
    Ok(Credential::new(CredentialType::X509, certificates))
}

/// Whose a leaf with this credential and key is, under `root`; an error where it is not to be believed.
pub fn verified(credential: &Credential, signature_key: &[u8], root: &[u8]) -> Outcome<Identity> {
    ask(credential.credential_type() == CredentialType::X509, "not x509")?;
    let mut rest = credential.serialized_content();
    let mut next =
        || Ok::<_, Box<dyn std::error::Error>>(Certificate::from_der(VLBytes::tls_deserialize(&mut rest)?.as_slice())?);
    let (client, intermediate) = (next()?, next()?);
    ask(rest.is_empty(), "more than two certificates")?;
    let root = Certificate::from_der(root)?;
    ask(public_key(&client) == signature_key, "of another key")?;
    for certificate in [&client, &intermediate] {
        profile(certificate)?;
    }
    ask(!authority(&client)? && authority(&intermediate)? && authority(&root)?, "an issuer that is none")?;
    ask(extension::<BasicConstraints>(&root)?.is_some_and(|it| it.path_len_constraint != Some(0)), "no intermediates")?;
    issued(&client, &intermediate)?;
    issued(&intermediate, &root)?;
    names(&client)
}

/// The names in a credential that was verified before.
pub fn identity_in(credential: &Credential) -> Outcome<Identity> {
    let client = VLBytes::tls_deserialize(&mut credential.serialized_content())?;
    names(&Certificate::from_der(client.as_slice())?)
}

fn names(client: &Certificate) -> Outcome<Identity> {
    ask(client.tbs_certificate.subject.is_empty(), "a subject")?;
    let (critical, SubjectAltName(names)) = client.tbs_certificate.get()?.ok_or("no names")?;
    let uri = |name: &GeneralName| match name {
        GeneralName::UniformResourceIdentifier(uri) => Ok(uri.to_string()),
        _ => Err("a name that is no URI"),
    };
    let [a, b] = names.as_slice() else { return Err("not two names".into()) };
    let (a, b) = (uri(a)?, uri(b)?);
    let (user, client) = if a.contains("/u/") { (a, b) } else { (b, a) };
    ask(critical && user.contains("/u/") && client.contains("/d/"), "not a user and a client")?;
    ask(user.split('/').nth(2) == client.split('/').nth(2), "of two domains")?;
    Ok(Identity { user, client })
}

fn profile(certificate: &Certificate) -> Outcome<()> {
    let known = [SubjectAltName::OID, BasicConstraints::OID, KeyUsage::OID];
    let extensions = certificate.tbs_certificate.extensions.iter().flatten();
    ask(certificate.tbs_certificate.version == Version::V3, "not version 3")?;
    ask(extensions.filter(|it| it.critical).all(|it| known.contains(&it.extn_id)), "a critical extension")?;
    let authority = authority(certificate)?;
    let right = |usage: KeyUsage| if authority { usage.key_cert_sign() } else { usage.digital_signature() };
    ask(extension::<KeyUsage>(certificate)?.is_none_or(right), "for another use")
}

fn issued(certificate: &Certificate, issuer: &Certificate) -> Outcome<()> {
    let tbs = &certificate.tbs_certificate;
    ask(tbs.issuer == issuer.tbs_certificate.subject, "another issuer")?;
    ask(certificate.signature_algorithm == tbs.signature, "two algorithms")?;
    let key = VerifyingKey::try_from(public_key(issuer))?;
    Ok(key.verify_strict(&tbs.to_der()?, &Signature::from_slice(certificate.signature.raw_bytes())?)?)
}

fn authority(certificate: &Certificate) -> Outcome<bool> {
    Ok(extension::<BasicConstraints>(certificate)?.is_some_and(|it| it.ca))
}

fn extension<'a, T: Decode<'a> + AssociatedOid>(certificate: &'a Certificate) -> Outcome<Option<T>> {
    Ok(certificate.tbs_certificate.get::<T>()?.map(|(_, value)| value))
}

fn public_key(certificate: &Certificate) -> &[u8] {
    certificate.tbs_certificate.subject_public_key_info.subject_public_key.raw_bytes()
}

fn ask(holds: bool, otherwise: &'static str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(format!("not to be believed: {otherwise}").into()) }
}
