//! The application of the test stacks: answers well or badly, as the path asks.
//!
//! `/healthz` 200 · `/` 200 · `/status/NNN` · `/echo` the request as it came · `/count` how often
//! it was asked, cacheable for a minute · `/chunked` · `/big/BYTES` · `/slow/SECONDS` · `/hang` ·
//! `/garbage` no HTTP · `/close` nothing at all · `/cut` less than announced

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

static COUNT: AtomicU32 = AtomicU32::new(0);

fn main() {
    let address: Ipv4Addr = variable("BIND_ADDRESS").parse().expect("an address");
    let port: u16 = variable("PORT").parse().expect("a port");
    let listener = TcpListener::bind((address, port)).expect("the port is free");
    println!("listening on {address}:{port}");
    for stream in listener.incoming().flatten() {
        std::thread::spawn(move || serve(&stream));
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is set"))
}

fn serve(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let target = request.split(' ').nth(1).unwrap_or("/").to_owned();
        if !answer(stream, &target, &request) {
            return;
        }
    }
}

/// Head and body of the next request, as text.
fn read(reader: &mut BufReader<&TcpStream>) -> Option<String> {
    let mut text = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        let end = line == "\r\n";
        text.push_str(&line);
        if end {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    text.push_str(&String::from_utf8_lossy(&body));
    Some(text)
}

/// `false`: the connection is done with.
fn answer(mut stream: &TcpStream, target: &str, request: &str) -> bool {
    let path = target.split('?').next().unwrap_or(target);
    let (word, number) = match path.trim_start_matches('/').rsplit_once('/') {
        Some((word, number)) => (word.rsplit('/').next().unwrap_or(word), number),
        None => (path.trim_start_matches('/'), ""),
    };
    let number: u32 = number.parse().unwrap_or(0);
    let mut write = |bytes: &[u8]| stream.write_all(bytes).is_ok();
    match word {
        "status" => write(&response(number, "", &format!("the origin says {number}\n"))),
        "echo" => write(&response(200, "Cache-Control: no-store\r\n", request)),
        "count" | "cached" => {
            let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
            write(&response(200, "Cache-Control: max-age=60\r\n", &format!("{count}\n")))
        }
        "chunked" => write(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
              5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n",
        ),
        "big" => write(&response(200, "", &"x".repeat(number as usize))),
        "slow" => {
            std::thread::sleep(Duration::from_secs(number.into()));
            write(&response(200, "", "late\n"))
        }
        "hang" => {
            std::thread::sleep(Duration::from_secs(3600));
            false
        }
        "garbage" => {
            write(b"\x16\x03\x01 this is no HTTP\r\n\r\n");
            false
        }
        "close" => false,
        "cut" => {
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this");
            false
        }
        _ => write(&response(200, "", "hello\n")),
    }
}

fn response(status: u32, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} x\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes()
}
