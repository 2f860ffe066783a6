//! An upload in parts over the AWS endpoint of a whole host, when something goes wrong late.

// A test that cannot go on panics.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Scratch, helper};
use standin_host::Config;
use standin_kernel::Env;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Asks the endpoint once; gives the status and everything behind it.
async fn ask(port: u16, method: &str, target: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let length = body.len();
    let scope = "Credential=any/20260101/us-east-1/s3/aws4_request";
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\
         Authorization: AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    (status, text)
}

fn between<'t>(text: &'t str, before: &str, behind: &str) -> &'t str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}"));
    rest.split_once(behind).unwrap().0
}

#[tokio::test]
async fn s3_put_06_what_goes_wrong_late_comes_in_a_good_answer() {
    let scratch = Scratch::new();
    let config = Config {
        state_dir: scratch.state_dir(),
        self_exe: helper(),
        edge_port: 0,
        tls_port: standin_host::TlsPort::At(0),
        api_port: 0,
        dns_port: None,
        listen: None,
        env: Env { region: "us-east-1".into(), ..Env::default() },
        seed: 1,
        record: None,
        evaluator: None,
        credentials: None,
        credentials_elsewhere: None,
        log: Box::new(|_, _| {}),
    };
    let local = tokio::task::LocalSet::new();
    let state = scratch.state_dir();
    let steps = async move {
        let driver = standin_host::start(config).await.unwrap();
        let port = driver.api_port.get();
        assert_eq!(ask(port, "PUT", "/pages", "").await.0, 200);
        let (_, begun) = ask(port, "POST", "/pages/big?uploads", "").await;
        let id = between(&begun, "<UploadId>", "</UploadId>").to_owned();
        let part = format!("/pages/big?partNumber=1&uploadId={id}");
        assert_eq!(ask(port, "PUT", &part, "the only part").await.0, 200);
        // The disk loses it.
        let blobs = std::fs::read_dir(state.join("blobs")).unwrap().flatten();
        for folder in blobs.filter(|folder| folder.file_name().len() == 2) {
            std::fs::remove_dir_all(folder.path()).unwrap();
        }
        let target = format!("/pages/big?uploadId={id}");
        let list = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part>\
                    </CompleteMultipartUpload>";
        let (status, text) = ask(port, "POST", &target, list).await;
        assert_eq!((status, between(&text, "<Error><Code>", "</Code>")), (200, "InternalError"));
        // What is wrong from the start has a status of its own.
        let (status, _) = ask(port, "POST", &target, "<CompleteMultipartUpload/>").await;
        assert_eq!(status, 400);
        // Nothing was made, and the upload is still there.
        assert_eq!(ask(port, "GET", "/pages/big", "").await.0, 404);
        assert_eq!(ask(port, "PUT", &part, "the part again").await.0, 200);
        assert_eq!(ask(port, "POST", &target, list).await.0, 200);
        let (status, text) = ask(port, "GET", "/pages/big", "").await;
        assert!(status == 200 && text.ends_with("the part again"), "{text}");
        standin_host::stop(&driver, std::time::Duration::from_secs(1)).await;
    };
    local.run_until(steps).await;
}
