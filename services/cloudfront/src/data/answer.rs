//! Decides what the viewer gets: the object, the error, or the custom error page in its place
//! (CF-CER-*).

use std::sync::Arc;

use standin_kernel::{Cx, ExchangeId, Method, Response};

use super::fetch::{PageFor, Purpose, Visit, Wanted};
use super::viewer::Viewer;
use super::viewer_response::{ERROR, closes_after_page, finish, without_body};
use super::{Edge, behavior, compression, conditional, error_response, fact, range};

/// An answer to what was wanted, from wherever.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) response: Response,
    /// The edge made it; it is complete already.
    pub(super) generated: bool,
    /// For an error: how many seconds it is remembered.
    pub(super) kept_s: u64,
}

impl Edge {
    /// Answers the viewer, or goes for the error page first.
    pub(super) fn conclude(
        &mut self,
        cx: &mut Cx<'_>,
        exchange: ExchangeId,
        mut visit: Visit,
        given: Given,
    ) {
        match visit.wanted.purpose {
            Purpose::Object => {
                let status = given.response.head.status;
                if let Some(wanted) = page_wanted(cx, &visit.viewer, status, given.kept_s) {
                    visit.wanted = wanted;
                    return self.serve(cx, exchange, visit);
                }
                let edges_own = given.generated;
                let response = complete(given, &visit.viewer);
                if edges_own {
                    return cx.respond(exchange, response);
                }
                self.give(cx, exchange, visit, response);
            }
            Purpose::Page(page) => {
                let mut response = complete(given, &visit.viewer);
                as_page(cx, &visit, page, &mut response);
                cx.respond(exchange, response);
            }
        }
    }
}

fn complete(given: Given, viewer: &Viewer) -> Response {
    match given.generated {
        true if *viewer.method() == Method::Head => without_body(given.response),
        true => given.response,
        false => finish(given.response, viewer),
    }
}

/// What is to be fetched in the place of an answer with this status, if anything is: through the
/// behavior of the page's own path (CF-CER-05), with GET but for HEAD (CF-CER-26).
fn page_wanted(cx: &mut Cx<'_>, viewer: &Viewer, status: u16, kept_s: u64) -> Option<Wanted> {
    if status < 400 {
        return None;
    }
    let distribution = Arc::clone(&viewer.distribution);
    let (entry, page) = error_response::page(&distribution, status)?;
    let path = page.path.split_once('?').map_or(&*page.path, |(path, _)| path);
    let behavior = behavior::choose(&distribution, path);
    cx.note(|| {
        let through = &distribution.behaviors[behavior];
        let says =
            format!("{} stands in for {status}, through {}", page.path, through.pattern.as_str());
        let property = format!("DistributionConfig.CustomErrorResponses[{entry}].ResponsePagePath");
        fact("error page", says).setting(&distribution.id, property).row("CF-CER-05")
    });
    let cacheable = !distribution.behaviors[behavior].cache.disabled();
    Some(Wanted {
        purpose: Purpose::Page(PageFor { entry, kept_s }),
        behavior,
        method: if *viewer.method() == Method::Head { Method::Head } else { Method::Get },
        cacheable,
        key: None,
        stores: cacheable,
        solo: false,
    })
}

/// Turns what the page's origin gave into the answer: the page under the code that is set for it
/// (CF-CER-10), or the error of the page itself, without a further page (CF-CER-07, CF-CER-09).
fn as_page(cx: &mut Cx<'_>, visit: &Visit, page: PageFor, response: &mut Response) {
    let distribution = &visit.viewer.distribution;
    let came = response.head.status;
    // CF-CER-11
    response.head.headers.set("X-Cache", ERROR);
    if came >= 400 {
        cx.note(|| {
            let says = format!("the page cannot be had: its origin's {came} is the answer");
            let property =
                format!("DistributionConfig.CustomErrorResponses[{}].ResponsePagePath", page.entry);
            fact("error page", says).setting(&distribution.id, property).row("CF-CER-07")
        });
        return;
    }
    let code = distribution.error_responses[page.entry].page.as_ref();
    let status = code.map_or(came, |page| page.response_code);
    response.head.status = status;
    response.close = closes_after_page(status);
    compression::undo(response);
    cx.note(|| {
        let property =
            format!("DistributionConfig.CustomErrorResponses[{}].ResponseCode", page.entry);
        fact("error page", format!("it is sent with {status}"))
            .setting(&distribution.id, property)
            .row("CF-CER-10")
    });
}

/// Cuts an answer out of the cache to what the viewer's conditions and range leave of it.
pub(super) fn to_conditions(response: Response, viewer: &Viewer) -> Response {
    let asked = &viewer.request.head.headers;
    let counts = conditional::range_counts(&response.head.headers, asked);
    let response = conditional::check(response, asked);
    match asked.get("Range") {
        // A part of what is compressed on its way is not known here: it is sent whole.
        Some(asked) if counts && response.coding.is_none() && *viewer.method() == Method::Get => {
            range::cut(response, asked)
        }
        _ => response,
    }
}
