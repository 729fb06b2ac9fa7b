//! One object, or its beginning, within the limits.

use bytes::Bytes;
use object_store::{GetOptions, GetRange};

use crate::StoreError;
use crate::address::Kind;
use crate::object::Object;

/// All bytes of an object, if there are no more than `limit`.
pub(crate) async fn whole(object: &Object, limit: u64) -> Result<Bytes, StoreError> {
    fetch(object, GetOptions::default(), limit).await
}

/// The first `count` bytes of an object, or all of them where it has fewer, or where its server
/// need not give parts.
pub(crate) async fn head(object: &Object, count: u64, limit: u64) -> Result<Bytes, StoreError> {
    let is_short = object.size.is_some_and(|size| size <= count);
    if is_short || object.store.kind == Kind::Web {
        return whole(object, limit).await;
    }
    let options = GetOptions {
        range: Some(GetRange::Bounded(0..count)),
        ..GetOptions::default()
    };
    // Of an object whose beginning is wanted, the size does not count.
    let object = Object {
        size: None,
        ..object.clone()
    };
    fetch(&object, options, limit).await
}

async fn fetch(object: &Object, options: GetOptions, limit: u64) -> Result<Bytes, StoreError> {
    let is_part = options.range.is_some();
    let check = |size: u64| {
        let address = || object.address();
        let is_larger = size > limit && !is_part;
        let error = || StoreError::Size {
            address: address(),
            size,
            limit,
        };
        if is_larger { Err(error()) } else { Ok(()) }
    };
    check(object.size.unwrap_or(0))?;
    let failed = |error| StoreError::of_fetch(object.address(), &error);
    let found = object.store.client.get_opts(&object.name, options).await;
    let found = found.map_err(failed)?;
    check(found.meta.size)?;
    found.bytes().await.map_err(failed)
}
