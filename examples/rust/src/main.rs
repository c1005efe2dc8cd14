//! A member in Rust, with OpenMLS: is added to a group, talks, updates its keys, comes back after a loss, is removed.
//! Usage: cargo run -- [URL] [HANDLE]
mod account;
mod certificates;
mod content;
mod key;
mod member;
mod realtime;
mod server;

use account::Account;
use content::{MessageId, Text};
use member::{Heard, Member};
use realtime::Realtime;
use server::Outcome;

fn main() -> Outcome<()> {
    let mut given = std::env::args().skip(1);
    let url = given.next().unwrap_or("http://127.0.0.1:8080".into());
    let handle = given.next().unwrap_or(format!("rusty-{}", std::process::id()));

    let account = Account::register(&url, &handle)?;
    account.publish(5)?;
    println!("registered {handle}, waiting to be added to a group");
    let mut realtime = Realtime::open(&account)?;
    let mut member = joined(&account, &mut realtime)?;
    println!("joined at epoch {}", member.epoch());

    let greeting = read(&account, &mut realtime, &mut member)?;
    member.send(&mut realtime, "Hello from OpenMLS!", Some(greeting))?;

    read(&account, &mut realtime, &mut member)?;
    member.update()?;
    println!("updated, epoch {}", member.epoch());
    member.send(&mut realtime, "I have fresh keys.", None)?;

    read(&account, &mut realtime, &mut member)?;
    member = member.resync()?;
    println!("lost everything, came back by an external Commit, epoch {}", member.epoch());
    member.send(&mut realtime, "I am back.", None)?;

    read(&account, &mut realtime, &mut member)?;
    while !matches!(next(&account, &mut realtime, &mut member)?, Heard::Removed) {}
    println!("removed");
    Ok(())
}

fn joined<'a>(account: &'a Account, realtime: &mut Realtime) -> Outcome<Member<'a>> {
    loop {
        let item = realtime.item(&account.queue)?;
        if item["type"] == "welcome" {
            let member = Member::join(account, &item)?;
            realtime.acknowledge(&account.queue, &item)?;
            return Ok(member);
        }
    }
}

/// The next text of another member.
fn read(account: &Account, realtime: &mut Realtime, member: &mut Member) -> Outcome<MessageId> {
    loop {
        match next(account, realtime, member)? {
            Heard::Text(text) => return Ok(told(&text)),
            Heard::Commit => println!("followed a Commit to epoch {}", member.epoch()),
            Heard::Removed => return Err("removed too early".into()),
            Heard::Nothing => {}
        }
    }
}

fn told(text: &Text) -> MessageId {
    println!("reads: {}", text.text);
    text.id()
}

/// What an item led to is saved before it is acknowledged; this example keeps everything in memory.
fn next(account: &Account, realtime: &mut Realtime, member: &mut Member) -> Outcome<Heard> {
    let item = realtime.item(&account.queue)?;
    let heard = member.hear(&item)?;
    realtime.acknowledge(&account.queue, &item)?;
    Ok(heard)
}
