//! A drill on the running stack: viewers with real sockets, faults through the API port.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use standin_host::Question;
use standin_kernel::Value;
use standin_kernel::http::{Chunked, Framing, RequestHead, read_response, write_request};
use standin_sim::drill::{Act, Viewer};
use standin_sim::play::PATIENCE;
use standin_sim::{Answer, Drill, Observation, Pages};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use crate::Failure;
use crate::link::Link;

/// One answer, before it is known why it was so.
struct Raw {
    viewer: usize,
    asked_at: Duration,
    took: Duration,
    answer: Answer,
    request_id: Option<String>,
}

/// Plays the story in real time.
pub(crate) async fn play(
    link: &Link,
    drill: &Drill,
    quiet: bool,
) -> Result<Vec<Observation>, Failure> {
    let (edge_port, _) = link.ports();
    let pages = pages(edge_port, drill).await?;
    link.ask(Question::Trace { on: true }).await?;
    let begin = Instant::now();
    let (sender, mut answers) = mpsc::unbounded_channel();
    for (index, viewer) in drill.viewers.iter().enumerate() {
        spawn_local(view(index, viewer.clone(), drill.duration, edge_port, begin, sender.clone()));
    }
    drop(sender);
    let acted = act(link, drill, begin, quiet);
    let mut raw = Vec::new();
    let collect = async {
        while let Some(answer) = answers.recv().await {
            raw.push(answer);
        }
    };
    let (acted, ()) = tokio::join!(acted, collect);
    let because = because(link, &raw).await;
    link.ask(Question::Trace { on: false }).await?;
    acted?;
    raw.sort_by_key(|one| (one.asked_at, one.viewer));
    let because = because?;
    Ok(raw.into_iter().map(|one| observation(drill, &pages, &because, one)).collect())
}

/// Does what the story says, when it says so.
async fn act(link: &Link, drill: &Drill, begin: Instant, quiet: bool) -> Result<(), Failure> {
    let mut turns: Vec<_> = drill.faults.iter().collect();
    turns.sort_by_key(|turn| turn.at);
    for turn in turns {
        tokio::time::sleep_until((begin + turn.at).into()).await;
        let (question, words) = match turn.act.clone() {
            Act::Break { target, mode } => {
                let words = format!("break {target} ({mode})");
                (Question::Break { target, mode: mode.to_string(), lasts: None }, words)
            }
            Act::Repair { target } => {
                let words = format!("repair {}", target.as_deref().unwrap_or("everything"));
                (Question::Repair { target }, words)
            }
        };
        if !quiet {
            println!("{:>6.1}s  {words}", begin.elapsed().as_secs_f64());
        }
        link.ask(question).await?;
    }
    Ok(())
}

/// One viewer: asks on time, whether or not the last answer has come.
async fn view(
    index: usize,
    viewer: Viewer,
    duration: Duration,
    edge_port: u16,
    begin: Instant,
    sender: mpsc::UnboundedSender<Raw>,
) {
    let every = viewer.every;
    let mut asked_at = Duration::ZERO;
    while asked_at < duration {
        tokio::time::sleep_until((begin + asked_at).into()).await;
        let (viewer, sender) = (viewer.clone(), sender.clone());
        spawn_local(async move {
            let asked = Instant::now();
            let host = viewer.host.unwrap_or_else(|| format!("localhost:{edge_port}"));
            let got = tokio::time::timeout(PATIENCE, get(edge_port, &host, &viewer.get)).await;
            let (answer, request_id) = match got {
                Ok(Ok((status, body, id))) => (Answer::Response { status, body }, id),
                Ok(Err(_)) | Err(_) => (Answer::None, None),
            };
            let took = asked.elapsed();
            let _ = sender.send(Raw { viewer: index, asked_at, took, answer, request_id });
        });
        asked_at += every;
    }
}

async fn get(
    edge_port: u16,
    host: &str,
    target: &str,
) -> Result<(u16, Vec<u8>, Option<String>), Failure> {
    let mut head = RequestHead::get(host, target);
    head.headers.append("User-Agent", "standin-drill");
    head.headers.append("Connection", "close");
    let mut bytes = Vec::new();
    write_request(&mut bytes, &head, Framing::None);
    let mut stream = TcpStream::connect(("127.0.0.1", edge_port)).await?;
    stream.write_all(&bytes).await?;
    let mut reply = Vec::new();
    let read = loop {
        if let Some(read) = read_response(&reply, false)? {
            break read;
        }
        if stream.read_buf(&mut reply).await? == 0 {
            return Err("closed".into());
        }
    };
    let request_id = read.head.headers.get("X-Amz-Cf-Id").map(str::to_owned);
    let mut rest = reply.split_off(read.length);
    // The connection ends with the answer.
    stream.read_to_end(&mut rest).await?;
    let body = match read.framing {
        Framing::Chunked => {
            let mut body = Vec::new();
            let mut decoder = Chunked::default();
            decoder.decode(&rest, &mut body)?;
            if !decoder.is_done() {
                return Err("cut off".into());
            }
            body
        }
        Framing::Length(length) if rest.len() as u64 != length => return Err("cut off".into()),
        Framing::None | Framing::Length(_) | Framing::UntilClose => rest,
    };
    Ok((read.head.status, body, request_id))
}

async fn pages(edge_port: u16, drill: &Drill) -> Result<Pages, Failure> {
    let mut pages = Pages::default();
    for (name, page) in &drill.pages {
        let host = format!("localhost:{edge_port}");
        let (status, body, _) = get(edge_port, &host, &page.path).await?;
        if status != 200 {
            return Err(format!("the page {name} ({}) answers {status}", page.path).into());
        }
        pages.insert(name, body);
    }
    Ok(pages)
}

/// Why each answer was what it was, by request id.
async fn because(link: &Link, raw: &[Raw]) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let mut because = BTreeMap::new();
    let ids: Vec<String> = raw.iter().filter_map(|one| one.request_id.clone()).collect();
    for some in ids.chunks(200) {
        let reasons = link.ask(Question::Reasons { request_ids: some.to_vec() }).await?;
        for (id, lines) in reasons.as_object().into_iter().flatten() {
            let lines = lines.as_array().into_iter().flatten();
            let lines = lines.filter_map(Value::as_str).map(str::to_owned).collect();
            because.insert(id.clone(), lines);
        }
    }
    Ok(because)
}

fn observation(
    drill: &Drill,
    pages: &Pages,
    because: &BTreeMap<String, Vec<String>>,
    one: Raw,
) -> Observation {
    let status = match &one.answer {
        Answer::Response { status, .. } => Some(*status),
        Answer::None => None,
    };
    let reasons = one.request_id.and_then(|id| because.get(&id).cloned());
    Observation {
        viewer: drill.viewers[one.viewer].name.clone(),
        asked_at: one.asked_at,
        took: one.took,
        class: pages.classify(&one.answer),
        status,
        because: reasons.unwrap_or_default(),
    }
}
