//! Fills a bucket with a folder of this machine, through `PutObject` like `aws s3 sync --delete`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use md5::{Digest, Md5};
use standin_kernel::{ApiError, Bytes, ServiceName, Value, json};

use crate::driver::Driver;

/// Puts every file below `folder` into `bucket` under its relative path and deletes the objects
/// that no file stands for. Gives how many objects there are.
pub(crate) async fn fill(
    driver: &Rc<Driver>,
    bucket: &str,
    folder: &Path,
) -> Result<Value, ApiError> {
    let files = keys_below(folder).map_err(|error| {
        let message = format!("the folder {} of bucket {bucket}: {error}", folder.display());
        ApiError::new("NoSuchFolder", 400, message)
    })?;
    let mut keys = Vec::new();
    for (key, file) in files {
        put_file(driver, bucket, &key, &file).await?;
        keys.push(key);
    }
    for key in listed(driver, bucket).await? {
        if !keys.contains(&key) {
            let input = json!({"Bucket": bucket, "Key": key});
            driver.call(ServiceName::S3, "DeleteObject", input).await?;
        }
    }
    Ok(json!({"Bucket": bucket, "Objects": keys.len()}))
}

async fn put_file(
    driver: &Rc<Driver>,
    bucket: &str,
    key: &str,
    file: &Path,
) -> Result<(), ApiError> {
    let unreadable = |error: std::io::Error| {
        ApiError::new("NoSuchFile", 400, format!("{}: {error}", file.display()))
    };
    let bytes = Bytes::from(std::fs::read(file).map_err(unreadable)?);
    let etag = hex(&Md5::digest(&bytes));
    let length = bytes.len();
    let blob = driver.blobs.put(&bytes).map_err(unreadable)?;
    let input = json!({
        "Bucket": bucket,
        "Key": key,
        "ContentType": content_type(file),
        "Standin": {"Blob": blob.hex(), "Length": length, "ETag": etag},
    });
    driver.call(ServiceName::S3, "PutObject", input).await.map(drop)
}

async fn listed(driver: &Rc<Driver>, bucket: &str) -> Result<Vec<String>, ApiError> {
    let mut keys = Vec::new();
    let mut token = Value::Null;
    loop {
        let mut input = json!({"Bucket": bucket});
        if !token.is_null() {
            input["ContinuationToken"] = token;
        }
        let page = driver.call(ServiceName::S3, "ListObjectsV2", input).await?;
        let contents = page["Contents"].as_array().cloned().unwrap_or_default();
        keys.extend(contents.iter().filter_map(|object| object["Key"].as_str().map(str::to_owned)));
        token = page["NextContinuationToken"].clone();
        if token.is_null() {
            return Ok(keys);
        }
    }
}

/// The content type the aws CLI would guess.
pub fn content_type(file: &Path) -> &'static str {
    mime_guess::from_path(file).first_raw().unwrap_or("binary/octet-stream")
}

/// Object keys and files below a folder, in a fixed order; hidden ones stay where they are.
pub fn keys_below(folder: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let files = files_below(folder)?;
    Ok(files.into_iter().map(|file| (key_of(folder, &file), file)).collect())
}

fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

fn key_of(folder: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(folder).unwrap_or(file);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
