//! TLS, as all our connections to others speak it: with the certificate authorities of the browsers, and one
//! provider of cryptography.

use std::error::Error;
use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};

/// Chooses the provider for clients that name none, such as that of the bucket: with two compiled in, rustls
/// chooses neither by itself. One that is installed already is fine, too.
pub fn install() {
    drop(CryptoProvider::install_default(ring::default_provider()));
}

/// Whether a server was refused because nobody whom we know has signed its certificate.
pub fn is_unsigned(error: &(dyn Error + 'static)) -> bool {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let refused = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(refused, Some(rustls::Error::InvalidCertificate(_)))
}

/// How a client of ours connects.
pub fn client() -> ClientConfig {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the default protocol versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
