//! Viewers over TLS: the redirect leads there, the certificate is signed by the run's authority and
//! is for the names that AWS's would be for, and the origin learns how its viewer came.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use standin_kernel::Value;
use standin_kernel::http::{Framing, read_response};

use crate::world::{Answer, PATIENCE, Standin, here, parse, standin, text};

/// A program that trusts the run's authority, and nobody else.
fn client(run: &Standin) -> Arc<ClientConfig> {
    let authority = run.scratch.0.join("state/tls/authority.pem");
    assert!(run.said().contains(&format!("curl --cacert {}", authority.display())));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// One request over a connection of its own, to a name of the machine's; the error is TLS's.
fn get(run: &Standin, name: &str, host: &str, path: &str) -> Result<Answer, String> {
    let bytes = ask(run, name, &format!("GET {path} HTTP/1.1\r\nHost: {host}"))?;
    Ok(parse(&bytes).unwrap())
}

/// The bytes of the answer to these lines.
fn ask(run: &Standin, name: &str, lines: &str) -> Result<Vec<u8>, String> {
    let wrong = |wrong: std::io::Error| wrong.to_string();
    let tcp = TcpStream::connect(("127.0.0.1", run.tls_port)).unwrap();
    tcp.set_read_timeout(Some(PATIENCE)).unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut tls = StreamOwned::new(ClientConnection::new(client(run), name).unwrap(), tcp);
    let request = format!("{lines}\r\nConnection: close\r\n\r\n");
    tls.write_all(request.as_bytes()).map_err(wrong)?;
    let mut bytes = Vec::new();
    tls.read_to_end(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}

#[test]
fn cf_req_09_viewers_are_led_to_tls_and_served_there() {
    let run = Standin::up(&here().join("secure.yaml"), &[]);
    let (edge, tls) = (run.edge_port, run.tls_port);
    // At the edge.
    let host = format!("localhost:{edge}");
    let led = run.get_at(&host, "/a?b=c");
    assert_eq!(led.status, 301);
    assert_eq!(led.header("Location"), format!("https://localhost:{tls}/a?b=c"));
    assert_eq!(run.get_at(&host, "/only/a").status, 403);
    for path in ["/a?b=c", "/only/a"] {
        let answer = get(&run, "localhost", &format!("localhost:{tls}"), path).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "safe"), "{path}");
    }
    // A viewer who names no port of this machine is told what AWS tells.
    assert_eq!(run.get_at("localhost", "/").header("Location"), "https://localhost/");

    // At the load balancer, whose own name the certificate is not for.
    let outputs = run.status()["stacks"][0]["outputs"].clone();
    let balancer = outputs[0]["OutputValue"].as_str().unwrap().to_lowercase();
    let led = run.get_at(&format!("{balancer}:{edge}"), "/x");
    assert_eq!(led.header("Location"), format!("https://{balancer}:{tls}/x"));
    let wrong = get(&run, &balancer, &balancer, "/").unwrap_err();
    assert!(wrong.contains("certificate not valid for name"), "{wrong}");
    // The name that this machine adds is one that viewers here may use.
    let name = format!("{balancer}.localhost");
    assert_eq!(get(&run, &name, &name, "/").unwrap().body, "safe");
}

#[test]
fn cf_cmp_01_the_edge_compresses_for_who_takes_it() {
    let run = Standin::up(&here().join("secure.yaml"), &[]);
    // A miss, and a hit.
    for x_cache in ["Miss from cloudfront", "Hit from cloudfront"] {
        let lines = "GET /long/a HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip";
        let bytes = ask(&run, "localhost", lines).unwrap();
        let read = read_response(&bytes, false).unwrap().unwrap();
        let header = |name| read.head.headers.get(name).unwrap_or_default();
        assert_eq!((header("Content-Encoding"), header("X-Cache")), ("gzip", x_cache));
        let Framing::Length(length) = read.framing else { panic!("{:?}", read.framing) };
        let body = &bytes[read.length..];
        assert_eq!(length, body.len() as u64);
        let mut text = String::new();
        flate2::read::GzDecoder::new(body).read_to_string(&mut text).unwrap();
        assert_eq!(text.matches("again").count(), 102, "{text}");
        assert!(length < 100, "{length}");
    }
    assert_eq!(
        get(&run, "localhost", "localhost", "/long/a").unwrap().header("Content-Encoding"),
        ""
    );
}

#[test]
fn who_does_not_speak_tls_there_holds_nobody_up() {
    let run = Standin::up(&here().join("secure.yaml"), &[]);
    let mut silent = TcpStream::connect(("127.0.0.1", run.tls_port)).unwrap();
    let mut plain = TcpStream::connect(("127.0.0.1", run.tls_port)).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP"), "{said:?}");
    assert_eq!(get(&run, "localhost", "localhost", "/").unwrap().status, 200);
    silent.write_all(b"\x16").unwrap();
}

const DRILL: &str = "
name: secure
template: TEMPLATE
duration: 6s
viewers:
  - name: reader
    get: /
    every: 500ms
    cohort: {connection: keep-alive}
  - name: plain
    get: /
    every: 1s
    cohort: {scheme: http}
faults:
  - {at: 2s, break: Balancer, mode: refuse}
  - {at: 4s, repair: Balancer}
expect:
  - {viewer: reader, after: 0s, until: 1900ms, every_answer: page, status: 200}
  - {viewer: reader, after: 2100ms, until: 3s, every_answer: raw-error, status: 502}
  - {viewer: plain, after: 0s, every_answer: page, status: 301}
";

/// CF-REQ-10: who comes over TLS is served, in a drill, a review and an explanation as well.
#[test]
fn cf_req_10_viewers_of_drills_and_reviews_come_over_tls_where_the_site_wants_it() {
    let template = here().join("secure.yaml");
    let run = Standin::up(&template, &[]);
    let template = template.display().to_string();
    let drill = run.scratch.write("secure.yaml", &DRILL.replace("TEMPLATE", &template));
    let drill = drill.display().to_string();
    let played = standin(&["drill", "--virtual", &drill]);
    assert!(played.status.success(), "{}", text(&played.stdout));
    run.ok(&["drill", &drill]);
    let explained = run.ok(&["explain", "/"]);
    assert!(explained.contains("the viewer came over HTTPS"), "{explained}");

    let reviewed = standin(&["review", &template, "--json", "--phases", "1"]);
    let report: Value = serde_json::from_slice(&reviewed.stdout).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let lost = rows.iter().find(|row| row["case"] == "Balancer: refuse").unwrap();
    assert_eq!(lost["track"]["stretches"][0]["status"], 200, "{lost}");
    assert_eq!(lost["verdict"], "bad", "{lost}");
}
