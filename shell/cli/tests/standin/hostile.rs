//! Viewers that send what no browser sends: each gets AWS's answer, and the others notice nothing.

use std::io::{Read, Write};
use std::time::Duration;

use crate::world::{Standin, text};

#[test]
fn malformed_heads_get_the_edges_answer() {
    let run = Standin::shop();
    let status = |request: &str| {
        let bytes = run.raw(request.as_bytes());
        let line = text(&bytes);
        line.split(' ').nth(1).and_then(|code| code.parse::<u16>().ok())
    };
    assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), Some(400), "no Host");
    assert_eq!(status("nonsense\r\n\r\n"), Some(400));
    assert_eq!(status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), Some(400));
    assert_eq!(status("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"), Some(400));
    let both = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\
                Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(status(both), Some(400), "two lengths");
    let large = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(40_000));
    assert_eq!(status(&large), Some(494));
    assert_eq!(run.get("/").status, 200);
}

#[test]
fn a_slow_viewer_holds_nobody_up() {
    let run = Standin::shop();
    let mut slow: Vec<_> = (0..50).map(|_| run.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
    }
    for _ in 0..20 {
        assert_eq!(run.get("/").status, 200);
    }
    // Whoever finishes after all is answered.
    for stream in &mut slow {
        stream.write_all(b"alhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        assert!(text(&bytes).starts_with("HTTP/1.1 200"), "{}", text(&bytes));
    }
}

#[test]
fn requests_one_after_another_are_answered_in_order_on_one_connection() {
    let run = Standin::shop();
    let mut stream = run.connect();
    let last = "GET /status/404 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let first = "GET /chunked HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(format!("{first}{last}").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let said = text(&bytes);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    assert!(said.contains("HTTP/1.1 404"), "{said}");
}

#[test]
fn a_viewer_that_leaves_and_an_origin_that_stops_halfway_leave_the_rest_serving() {
    let run = Standin::shop();
    for _ in 0..20 {
        let mut stream = run.connect();
        stream.write_all(b"GET /slow/1 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        drop(stream);
    }
    let cut = run.raw(b"GET /cut HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(!text(&cut).contains("only this\r\n\r\n"), "the connection ends with the body cut");
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(run.get("/").status, 200);
}
