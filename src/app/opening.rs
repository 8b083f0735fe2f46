//! What has to be there before anything else: the database, and the key that opens what is sealed in it.

use std::fs::File;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::StartError;
use crate::config::{self, Config};
use crate::store::{Database, Store, seal};
use crate::vault::{self, Vault};

/// Opens and migrates the database of a configuration.
///
/// # Errors
/// See [`StartError`].
pub async fn open_store(config: &Config) -> Result<Store, StartError> {
    let mut alone = None;
    if let Database::Sqlite(path) = &config.database
        && let Some(folder) = Path::new(path).parent().filter(|f| !f.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .map_err(|e| StartError::DatabaseDir(folder.display().to_string(), e))?;
        for kept in ["", "-wal", "-shm"] {
            let file = format!("{path}{kept}");
            close_to_others(Path::new(&file));
            // Without that right SQLite would read it, and refuse every change.
            match rustix::fs::access(&file, rustix::fs::Access::WRITE_OK) {
                Err(error) if error != rustix::io::Errno::NOENT => {
                    return Err(StartError::DatabaseDir(file, error.into()));
                }
                _ => {}
            }
        }
        alone = locked(folder.to_owned()).await;
    }
    let store = Store::open(config.database.clone()).await;
    drop(alone);
    Ok(store?)
}

/// The folder, locked: SQLite gives up at once where two programs make one database. `None` where there are no
/// locks.
async fn locked(folder: PathBuf) -> Option<File> {
    let lock = move || File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
    tokio::task::spawn_blocking(lock).await.ok()?.ok()
}

/// As [`open_store`], but only where there is a database already: commands that only read create none.
///
/// # Errors
/// [`StartError::NoDatabase`] or [`StartError::Empty`]; else see [`StartError`].
pub async fn open_existing(config: &Config) -> Result<Store, StartError> {
    match &config.database {
        Database::Sqlite(path) if !Path::new(path).exists() => Err(StartError::NoDatabase(path.clone())),
        _ if !Store::is_made(config.database.clone()).await? => Err(StartError::Empty),
        _ => open_store(config).await,
    }
}

/// The vault under the configuration's key, which has to be the key that this database was sealed under; the
/// first start decides which that is.
///
/// # Errors
/// [`StartError::WrongKey`] or [`StartError::KeyGone`]; else see [`StartError`].
pub async fn unlock(config: &Config, store: &Store) -> Result<Vault, StartError> {
    let known = store.read(seal::known).await?;
    let file = config.data_dir.join("key");
    if known && config.key.is_none() && !file.exists() {
        return Err(StartError::KeyGone(file.display().to_string()));
    }
    let vault = Vault::new(&master_key(config)?);
    let own = vault.clone();
    store.write(move |tx| seal::check(tx, &own)).await??;
    Ok(vault)
}

/// The key of the configuration, or the one kept in the data directory, made on the first start.
///
/// # Errors
/// See [`StartError`].
fn master_key(config: &Config) -> Result<[u8; 32], StartError> {
    if let Some(key) = config.key {
        return Ok(key);
    }
    let file = config.data_dir.join("key");
    let shown = file.display().to_string();
    let failed = |e| StartError::DataDir(shown.clone(), e);
    if !file.exists() {
        std::fs::create_dir_all(&config.data_dir).map_err(failed)?;
        make_key(&config.data_dir, &file).map_err(failed)?;
    }
    close_to_others(&file);
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    config::key(text.trim()).map_err(|_| StartError::KeyFile(shown))
}

/// Makes a key. Two first commands may do so at once: a key appears as a whole or not at all, and the one that
/// was there first stays.
fn make_key(folder: &Path, file: &Path) -> std::io::Result<()> {
    let number = u64::from_be_bytes(vault::random());
    let own = folder.join(format!("key.{number:016x}"));
    write_secret(&own, &STANDARD.encode(vault::random::<32>()))?;
    let linked = std::fs::hard_link(&own, file);
    std::fs::remove_file(&own)?;
    linked.or_else(|e| if e.kind() == std::io::ErrorKind::AlreadyExists { Ok(()) } else { Err(e) })?;
    // Its name, too, has to survive a power cut.
    File::open(folder)?.sync_all()
}

/// Takes access to a file from everybody but its owner: a restored backup may have left it open.
fn close_to_others(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let close = || {
        let found = std::fs::metadata(file)?;
        let mode = found.permissions().mode();
        // A folder in its place is not ours to change, and a mistake that is reported elsewhere.
        if mode & 0o077 == 0 || !found.is_file() {
            return Ok(());
        }
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode & 0o700))
    };
    match close() {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, file = %file.display(), "others can read this file, and it cannot be closed to them");
        }
        _ => {}
    }
}

fn write_secret(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    // Losing this key loses everything sealed under it.
    file.sync_all()
}
