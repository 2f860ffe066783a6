//! What JavaScript may call outside of itself: the log, the store, chance, hashes, texts as bytes.

// What comes out of JavaScript comes by value.
#![allow(clippy::needless_pass_by_value)]

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs::function::Func;
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray, Value};
use standin_kernel::evaluation::{Language, OriginCall, OriginHelper};
use standin_kernel::{Evaluation, Rng, json};

use crate::digest::digest;
use crate::remembered::Looked;

/// What a run leaves behind besides its result.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    pub(crate) console: Vec<String>,
    pub(crate) origin_calls: Vec<OriginCall>,
    pub(crate) looked: Looked,
    /// Length of the log so far, in bytes.
    logged: usize,
}

/// The log of one run ends here (CF-FN-13).
const LOG_BYTES_MAX: usize = 10 * 1024;

impl Traces {
    fn log(&mut self, line: &str) {
        let room = LOG_BYTES_MAX.saturating_sub(self.logged);
        if room == 0 {
            return;
        }
        let end = line.floor_char_boundary(room.min(line.len()));
        self.logged += end.max(1);
        self.console.push(line[..end].to_owned());
    }
}

/// The modules of each runtime.
pub(crate) const fn modules(language: Language) -> &'static [&'static str] {
    match language {
        Language::Js10 => &["crypto", "querystring"],
        Language::Js20 => &["buffer", "cloudfront", "crypto", "querystring"],
    }
}

const SOURCES: [(&str, &str); 6] = [
    ("buffer", include_str!("../js/buffer.js")),
    ("cloudfront", include_str!("../js/cloudfront.js")),
    ("crypto", include_str!("../js/crypto.js")),
    ("date", include_str!("../js/date.js")),
    ("querystring", include_str!("../js/querystring.js")),
    ("text", include_str!("../js/text.js")),
];

/// The object that the prelude takes.
pub(crate) fn natives<'js>(
    ctx: &Ctx<'js>,
    of: &Evaluation,
    traces: &Rc<RefCell<Traces>>,
) -> Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    native.set("modules", modules(of.program.language).to_vec())?;
    // Runtime 1.0 gives texts where 2.0 gives buffers.
    native.set("strings", of.program.language == Language::Js10)?;
    let clock = Rc::clone(traces);
    let now_ms = of.now.0 / 1_000_000;
    let now = move || {
        clock.borrow_mut().looked.now = true;
        now_ms
    };
    native.set("now", Function::new(ctx.clone(), now)?)?;
    native.set("load", Func::from(load))?;
    let log = Rc::clone(traces);
    native.set("log", Func::from(move |line: String| log.borrow_mut().log(&line)))?;
    let chance = RefCell::new(Rng::new(of.seed));
    let by_chance = Rc::clone(traces);
    let random = move || {
        by_chance.borrow_mut().looked.chance = true;
        random(&mut chance.borrow_mut())
    };
    native.set("random", Function::new(ctx.clone(), random)?)?;
    native.set("utf8", Func::from(utf8))?;
    native.set("text", Func::from(text))?;
    native.set("digest", Func::from(hashed))?;
    store(&native, of, traces)?;
    let origins = Rc::clone(traces);
    native.set(
        "origin",
        Func::from(move |ctx: Ctx<'_>, helper: String, argument: String| {
            let read = |text: &str| serde_json::from_str(text).map_err(|wrong| wrong.to_string());
            let call = serde_json::from_value::<OriginHelper>(json!(helper))
                .map_err(|wrong| wrong.to_string())
                .and_then(|helper| Ok(OriginCall { helper, argument: read(&argument)? }))
                .map_err(|wrong| Exception::throw_type(&ctx, &wrong))?;
            origins.borrow_mut().origin_calls.push(call);
            Result::Ok(())
        }),
    )?;
    let place = of.edge_location.to_string();
    native.set("edge", Func::from(move || edge_location(&place)))?;
    Ok(native)
}

fn store(native: &Object<'_>, of: &Evaluation, traces: &Rc<RefCell<Traces>>) -> Result<()> {
    let values = of.store.clone();
    let reads = Rc::clone(traces);
    native.set(
        "value",
        Func::from(move |key: String| {
            let value = values.as_ref().and_then(|all| all.values.get(&key).cloned());
            reads.borrow_mut().looked.values.insert(key, value.clone());
            value
        }),
    )?;
    let about = of.store.clone();
    let asks = Rc::clone(traces);
    native.set(
        "meta",
        Func::from(move || {
            asks.borrow_mut().looked.store = true;
            about.as_ref().map(|store| {
                let meta = json!({
                    "creationDateTime": store.created.iso8601(),
                    "lastUpdatedDateTime": store.modified.iso8601(),
                    "keyCount": store.values.len(),
                });
                meta.to_string()
            })
        }),
    )?;
    let id = of.store.as_ref().map(|store| store.id.clone());
    native.set(
        "storeMissing",
        Func::from(move |asked: rquickjs::function::Opt<Option<String>>| match (&id, asked.0) {
            (None, _) => Some("no KeyValueStore is associated with this function".to_owned()),
            (Some(id), Some(Some(asked))) if asked != *id => {
                Some(format!("the KeyValueStore {asked} is not associated with this function"))
            }
            _ => None,
        }),
    )
}

/// CF-FN-18: where the edge is.
fn edge_location(place: &str) -> String {
    json!({"name": place, "serverIp": "127.0.0.1", "region": "ap-northeast-1"}).to_string()
}

fn load<'js>(ctx: Ctx<'js>, name: String) -> Result<Value<'js>> {
    match SOURCES.iter().find(|(have, _)| *have == name) {
        Some((_, source)) => ctx.eval(*source),
        None => Err(Exception::throw_message(&ctx, &format!("Cannot find module \"{name}\""))),
    }
}

/// From 0 up to 1, as doubles have it: 53 bits.
#[allow(clippy::cast_precision_loss)]
fn random(chance: &mut Rng) -> f64 {
    (chance.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

fn utf8<'js>(ctx: Ctx<'js>, text: String) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx, text.into_bytes())
}

/// Bytes as UTF-8; what is not is replaced, or with `fatal` nothing is given.
fn text(bytes: Vec<u8>, fatal: bool) -> Option<String> {
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(_) if fatal => None,
        Err(wrong) => Some(String::from_utf8_lossy(wrong.as_bytes()).into_owned()),
    }
}

fn hashed<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: Option<Vec<u8>>,
    data: Vec<u8>,
) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx, digest(&name, key.as_deref(), &data))
}
