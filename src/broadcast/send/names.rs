//! Names, looked up by the system's resolver.
//!
//! It keeps a thread for as long as it likes, half a minute where a name server is silent, and nobody can take
//! the thread back. The threads are those that the database is reached by, so only so many look up names at a
//! time, one for each name. Names that were found the last time have threads of their own: whoever has many
//! names that nobody answers for cannot keep the others waiting.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Threads that look up names found the last time, at most, and as many for all others. Together they are half
/// of what tokio has for work that blocks.
const THREADS: usize = 128;
/// Names that are remembered because they were found, at most.
const REMEMBERED: usize = 10_000;

/// The addresses of a name; several may have asked.
type Found = Result<Arc<[IpAddr]>, Arc<io::Error>>;
type Asked = Shared<BoxFuture<'static, Found>>;
type Resolve = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// All names that this process looks up.
#[derive(Clone)]
pub(super) struct Names {
    resolve: Arc<Resolve>,
    known: Arc<Mutex<HashMap<String, Name>>>,
    for_found: Arc<Semaphore>,
    for_others: Arc<Semaphore>,
}

/// What is known of a name.
enum Name {
    /// A thread is at it.
    Asked(Asked),
    /// It was found the last time.
    Found,
}

impl Names {
    /// Those of the system's resolver.
    pub(super) fn of_the_system() -> Names {
        Names::by(THREADS, |name| Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
    }

    fn by(
        threads: usize,
        resolve: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Names {
        let places = || Arc::new(Semaphore::new(threads));
        Names { resolve: Arc::new(resolve), known: Arc::default(), for_found: places(), for_others: places() }
    }

    /// The addresses of a name, each with that port. It waits for a thread for as long as the caller does.
    ///
    /// # Errors
    /// What the resolver says.
    pub(super) async fn look_up(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, Arc<io::Error>> {
        let answer = match self.threads_for(name) {
            Ok(threads) => self.ask(name, threads.acquire_owned().await.map_err(io::Error::other)?),
            Err(asked) => asked,
        };
        Ok(answer.await?.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }

    /// The threads that may look the name up; as an error the answer of the one that is at it.
    fn threads_for(&self, name: &str) -> Result<Arc<Semaphore>, Asked> {
        match self.known.lock().get(name) {
            Some(Name::Asked(answer)) => Err(answer.clone()),
            Some(Name::Found) => Ok(Arc::clone(&self.for_found)),
            None => Ok(Arc::clone(&self.for_others)),
        }
    }

    /// Has a thread look the name up, which keeps the place for as long as it takes; or joins those who asked
    /// while this one waited for the place.
    fn ask(&self, name: &str, place: OwnedSemaphorePermit) -> Asked {
        let mut known = self.known.lock();
        if let Some(Name::Asked(answer)) = known.get(name) {
            return answer.clone();
        }
        if known.len() >= REMEMBERED {
            known.retain(|_, name| matches!(name, Name::Asked(_)));
        }
        let (names, asked) = (self.clone(), name.to_owned());
        let thread = tokio::task::spawn_blocking(move || {
            let found = (names.resolve)(&asked);
            let mut known = names.known.lock();
            match &found {
                Ok(_) => known.insert(asked, Name::Found),
                Err(_) => known.remove(&asked),
            };
            drop(place);
            found
        });
        let answer = async { Ok(thread.await.unwrap_or_else(|lost| Err(lost.into()))?.into()) };
        let answer = answer.boxed().shared();
        known.insert(name.to_owned(), Name::Asked(answer.clone()));
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const THREADS: usize = 2;
    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

    /// Names of which those that begin with `dead` are not answered for until `silence` ends.
    fn names() -> (Names, tokio::sync::mpsc::UnboundedReceiver<String>, Sender<()>) {
        let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
        let (silence, ends): (_, Receiver<()>) = channel();
        let ends = Mutex::new(ends);
        let names = Names::by(THREADS, move |name| {
            tell.send(name.to_owned()).unwrap();
            if name.starts_with("dead") {
                ends.lock().recv().unwrap_err();
                return Err(io::ErrorKind::TimedOut.into());
            }
            Ok(vec![ADDRESS])
        });
        (names, asked, silence)
    }

    /// Asks for a name and gives up at once, as a sender does after a while.
    fn give_up_on(names: &Names, name: &str) {
        assert!(names.look_up(name, 443).now_or_never().is_none(), "{name} is not answered for");
    }

    #[tokio::test]
    async fn names_that_nobody_answers_for_take_so_many_threads_and_keep_no_other_waiting() {
        let (names, mut asked, silence) = names();
        let found = vec![SocketAddr::new(ADDRESS, 443)];
        assert_eq!(names.look_up("alive.example", 443).await.unwrap(), found);
        assert_eq!(asked.recv().await.unwrap(), "alive.example");
        for zone in 0..10 {
            give_up_on(&names, &format!("dead{zone}.example"));
        }
        for _ in 0..THREADS {
            assert!(asked.recv().await.unwrap().starts_with("dead"));
        }
        assert_eq!(names.look_up("alive.example", 443).await.unwrap(), found, "as it was found before");
        assert_eq!(asked.recv().await.unwrap(), "alive.example", "no thread was at another");
        let new = tokio::spawn(async move { names.look_up("new.example", 443).await });
        drop(silence);
        assert_eq!(new.await.unwrap().unwrap(), found, "once the resolver has given up on the others");
    }

    #[tokio::test]
    async fn a_name_takes_one_thread_however_many_ask() {
        let (names, mut asked, silence) = names();
        for _ in 0..10 {
            give_up_on(&names, "dead.example");
        }
        assert_eq!(asked.recv().await.unwrap(), "dead.example");
        assert!(names.look_up("new.example", 443).await.is_ok());
        assert_eq!(asked.recv().await.unwrap(), "new.example", "nobody asked for the other again");
        let waits = tokio::spawn({
            let names = names.clone();
            async move { names.look_up("dead.example", 443).await }
        });
        drop(silence);
        assert_eq!(waits.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(names.known.lock().contains_key("new.example"), "found names are remembered");
        assert!(!names.known.lock().contains_key("dead.example"));
    }
}
