//! The homeserver's HTTP: JSON or message/mls in, JSON or message/mls out, problems as errors (/openapi.json).
use std::{error::Error, fmt};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use ureq::{Agent, http::Request};

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// RFC 9457: `code` says which.
#[derive(Debug)]
pub struct Problem(pub Value);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "refused: {}", self.0)
    }
}

impl Error for Problem {}

pub struct Server {
    agent: Agent,
    pub url: String,
}

impl Server {
    pub fn new(url: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { agent, url: url.trim_end_matches('/').to_owned() }
    }

    pub fn get(&self, path: &str, token: &str) -> Outcome<Value> {
        Ok(serde_json::from_slice(&self.call("GET", path, token, "application/json", vec![])?)?)
    }

    pub fn get_mls(&self, path: &str, token: &str) -> Outcome<Vec<u8>> {
        self.call("GET", path, token, "message/mls", vec![])
    }

    pub fn post(&self, path: &str, token: &str, body: &Value) -> Outcome<Value> {
        Ok(serde_json::from_slice(&self.call("POST", path, token, "application/json", body.to_string().into_bytes())?)?)
    }

    /// MLSMessages, one after another.
    pub fn post_mls(&self, path: &str, token: &str, messages: Vec<u8>) -> Outcome<Value> {
        Ok(serde_json::from_slice(&self.call("POST", path, token, "message/mls", messages)?)?)
    }

    /// A client that repeats a command whose answer was lost sends an Idempotency-Key; this one ends instead.
    fn call(&self, method: &str, path: &str, token: &str, kind: &str, body: Vec<u8>) -> Outcome<Vec<u8>> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let mut answer = if method == "GET" {
            self.agent.run(request.header("accept", kind).body(())?)?
        } else {
            self.agent.run(request.header("content-type", kind).body(body)?)?
        };
        let body = answer.body_mut().read_to_vec()?;
        if answer.status().is_success() { Ok(body) } else { Err(Problem(serde_json::from_slice(&body)?).into()) }
    }
}

/// The text in a field of an answer.
pub fn text<'a>(answer: &'a Value, field: &str) -> Outcome<&'a str> {
    answer[field].as_str().ok_or_else(|| format!("no {field} in {answer}").into())
}

pub fn bytes(answer: &Value, field: &str) -> Outcome<Vec<u8>> {
    from_base64url(text(answer, field)?)
}

pub fn from_base64url(text: &str) -> Outcome<Vec<u8>> {
    Ok(URL_SAFE_NO_PAD.decode(text)?)
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An id in a path.
pub fn segment(id: &str) -> String {
    id.replace(':', "%3A").replace('/', "%2F")
}
