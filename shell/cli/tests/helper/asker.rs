//! A task that asks others by their names: prints what comes of each `HOST:PORT/PATH` in `PLACES`,
//! a line each, again and again.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

fn main() {
    let places = std::env::var("PLACES").unwrap_or_default();
    loop {
        for place in places.split(' ') {
            match ask(place) {
                Ok(said) => println!("{place}: {said}"),
                Err(wrong) => println!("{place}: failed: {wrong}"),
            }
        }
        println!("asked all");
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// The body, and where it came from.
fn ask(place: &str) -> std::io::Result<String> {
    let (to, path) = place.split_once('/').unwrap_or((place, ""));
    let address = to.to_socket_addrs()?.next().ok_or(std::io::ErrorKind::NotFound)?;
    let patience = Duration::from_secs(5);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(format!("{body} from {address}"))
}
