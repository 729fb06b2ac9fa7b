//! A client of a bucket or server, as variables say.

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use crate::StoreSettings;
use crate::address::{Address, Kind};
use crate::connector::Connector;

/// Takes the variables of `prefix` that `builder` knows.
macro_rules! with_variables {
    ($builder:expr, $settings:expr, $prefix:literal) => {
        $settings
            .variables
            .iter()
            .filter(|(name, _)| name.starts_with($prefix))
            .fold($builder, |builder, (name, value)| {
                match name.to_ascii_lowercase().parse() {
                    Ok(key) => builder.with_config(key, value),
                    Err(_) => builder,
                }
            })
    };
}

/// The client of what `address` is in.
pub(crate) fn client(
    address: &Address,
    settings: &StoreSettings,
) -> object_store::Result<Box<dyn ObjectStore>> {
    let url = format!("{}/", address.base);
    let retries = retries(settings);
    let connector = Connector::new(settings, address.kind == Kind::Web);
    match address.kind {
        Kind::S3 => {
            let builder = with_variables!(AmazonS3Builder::new(), settings, "AWS_");
            let builder = builder.with_url(url).with_retry(retries);
            Ok(Box::new(builder.with_http_connector(connector).build()?))
        }
        Kind::Google => {
            let builder = with_variables!(GoogleCloudStorageBuilder::new(), settings, "GOOGLE_");
            let builder = builder.with_url(url).with_retry(retries);
            Ok(Box::new(builder.with_http_connector(connector).build()?))
        }
        Kind::Azure => {
            let builder = with_variables!(MicrosoftAzureBuilder::new(), settings, "AZURE_");
            let builder = builder.with_url(url).with_retry(retries);
            Ok(Box::new(builder.with_http_connector(connector).build()?))
        }
        Kind::Web => {
            // An address without encryption is of this machine.
            let is_plain = address.base.starts_with("http://");
            let options = ClientOptions::new().with_allow_http(is_plain);
            let builder = HttpBuilder::new().with_url(url).with_retry(retries);
            let builder = builder.with_client_options(options);
            Ok(Box::new(builder.with_http_connector(connector).build()?))
        }
    }
}

fn retries(settings: &StoreSettings) -> RetryConfig {
    let patience = settings.patience;
    let attempts = patience.attempts.max(1);
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: patience.pause,
            max_backoff: patience.pause * 8,
            base: 2.0,
        },
        max_retries: attempts - 1,
        retry_timeout: (patience.silence + patience.pause * 8)
            .saturating_mul(u32::try_from(attempts).unwrap_or(u32::MAX)),
    }
}
