//! The ceilings: the same work with everything left out except the disk or the socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use diesel::RunQueryDsl as _;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use seventytwo::store::{Conn, Database, StoreError};
use tokio::net::TcpStream;

use crate::process;

/// One-row transactions a second on connections with the store's own settings: one writer on SQLite; sixteen
/// on PostgreSQL, as many as the store has.
pub async fn commits(database: Database) -> f64 {
    const TIME: Duration = Duration::from_secs(2);
    let writers = if database.is_sqlite() { 1 } else { 16 };
    let table = database.clone();
    tokio::task::spawn_blocking(move || {
        let mut conn = Conn::open(&table).expect("a connection");
        execute(&mut conn, "CREATE TABLE bench_rows (id BIGINT NOT NULL, words TEXT NOT NULL)")
            .expect("a table");
    })
    .await
    .expect("the table is made");
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..writers {
        let database = database.clone();
        work.spawn_blocking(move || {
            let mut conn = Conn::open(&database).expect("a connection");
            let (begun, mut commits) = (Instant::now(), 0);
            while begun.elapsed() < TIME {
                let insert = "INSERT INTO bench_rows (id, words) VALUES (1, 'one row')";
                conn.transaction(|c| execute(c, insert)).expect("a commit");
                commits += 1;
            }
            f64::from(commits) / begun.elapsed().as_secs_f64()
        });
    }
    work.join_all().await.iter().sum()
}

fn execute(conn: &mut Conn, sql: &str) -> Result<(), StoreError> {
    match conn {
        Conn::Pg(c) => diesel::sql_query(sql).execute(&mut **c)?,
        Conn::Sqlite(c) => diesel::sql_query(sql).execute(&mut **c)?,
    };
    Ok(())
}

/// Requests a second, and microseconds of processor time for each, of hyper's bare connections: `at_once`
/// of them, each posting the same body to the same sink.
pub async fn posts(sink: &str, body: Bytes, count: usize, at_once: usize) -> (f64, f64) {
    let left = Arc::new(AtomicUsize::new(count));
    let (begun, cpu) = (Instant::now(), process::cpu());
    let mut work = tokio::task::JoinSet::new();
    for _ in 0..at_once {
        let (sink, body, left) = (sink.to_owned(), body.clone(), left.clone());
        work.spawn(async move {
            let stream = TcpStream::connect(&sink).await.expect("the sink listens");
            stream.set_nodelay(true).expect("a socket");
            let (mut requests, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a connection");
            tokio::spawn(connection);
            while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
                let request = Request::post("/robot/send?access_token=ceiling")
                    .header("host", &sink)
                    .header("content-type", "application/json; charset=utf-8")
                    .body(Full::new(body.clone()))
                    .expect("a request");
                let answer = requests.send_request(request).await.expect("an answer");
                answer.into_body().collect().await.expect("a whole answer");
            }
        });
    }
    work.join_all().await;
    let each = (process::cpu() - cpu).as_secs_f64() * 1e6 / count as f64;
    (count as f64 / begun.elapsed().as_secs_f64(), each)
}
