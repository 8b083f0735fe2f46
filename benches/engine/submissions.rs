//! Notices handed in through HTTP, each on the disk before its 201.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::house::{Db, House};
use crate::{ceilings, line};

const TIME: Duration = Duration::from_secs(5);
/// Reporters at the same time.
const REPORTERS: usize = 64;

pub async fn measure(db: Db) {
    let house = Arc::new(House::start(db, &["127.0.0.1:9"]).await);
    let taken = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let mut reporters = tokio::task::JoinSet::new();
    for _ in 0..REPORTERS {
        let (house, taken) = (house.clone(), taken.clone());
        reporters.spawn(async move {
            while begun.elapsed() < TIME {
                house.submit("131003").await;
                taken.fetch_add(1, Ordering::SeqCst);
            }
        });
    }
    reporters.join_all().await;
    let rate = taken.load(Ordering::SeqCst) as f64 / begun.elapsed().as_secs_f64();
    let ceiling = ceilings::commits(house.db.database()).await;
    line(&house.db, "submissions/s (one-row commits/s)", rate, Some(ceiling));
}
