//! How the nodes on one PostgreSQL wake each other: a transaction that makes work due announces it
//! (`NOTIFY`), and every node listens.
//!
//! The worker sleeps until the earliest due time, at most 20 seconds; half a second while another node holds what is
//! due, because a node that dies wakes nobody; one second while a broadcast waits for another node, or for a host
//! that takes no more, because a host that is silent for so long counts as slow and is passed over.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use tokio::sync::Notify;
use tokio_postgres::AsyncMessage;
use tokio_util::sync::CancellationToken;

use super::connection::connect_postgres;
use super::statement::Statement;
use super::{Conn, Database, Store, StoreResult};

/// How long a node whose listening connection broke waits before it listens again; meanwhile its safety poll
/// finds what other nodes made due.
const AGAIN: Duration = Duration::from_secs(2);

/// Tells the other nodes, once this transaction commits, that work is due. SQLite has no other nodes.
pub(super) fn announce(conn: &mut Conn) -> StoreResult<()> {
    if let Conn::Pg(c) = conn {
        struct Announce;
        Statement::<Announce>::new("SELECT pg_notify('seventytwo_work', '')", []).execute(&mut **c)?;
    }
    Ok(())
}

impl Store {
    /// Notifies `work_is_due` whenever another node announces work, until `stop`.
    pub async fn listen(&self, work_is_due: Arc<Notify>, stop: CancellationToken) {
        let Database::Postgres(url) = self.database().clone() else { return };
        let breaks = self.breaks.clone();
        let listening = tokio::spawn(async move {
            while !stop.is_cancelled() {
                tokio::select! {
                    broken = hear(&url, &work_is_due) => {
                        // Nobody but a listener notices at once.
                        breaks.elsewhere();
                        tracing::warn!(error = broken, "listening for other nodes broke off");
                    }
                    () = stop.cancelled() => return,
                }
                tokio::select! { () = tokio::time::sleep(AGAIN) => {}, () = stop.cancelled() => {} }
            }
        });
        if listening.await.is_err() {
            tracing::error!("the listener for other nodes panicked");
        }
    }
}

/// Listens until the connection breaks; returns why it did.
async fn hear(url: &str, work_is_due: &Notify) -> String {
    let (client, mut connection) = match connect_postgres(url).await {
        Ok(connected) => connected,
        Err(error) => return error,
    };
    let messages = async {
        loop {
            match poll_fn(|cx| connection.poll_message(cx)).await {
                Some(Ok(AsyncMessage::Notification(_))) => work_is_due.notify_one(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return error.to_string(),
                None => return "the server closed the connection".to_owned(),
            }
        }
    };
    let listen = async {
        if let Err(error) = client.batch_execute("LISTEN seventytwo_work").await {
            return error.to_string();
        }
        // What was announced before we listened was not heard.
        work_is_due.notify_one();
        std::future::pending().await
    };
    tokio::select! { broken = messages => broken, refused = listen => refused }
}
