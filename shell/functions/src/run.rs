//! One run: an interpreter with the limits of CloudFront Functions (CF-FN-02), the code, its
//! `handler`, and what it returns.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rquickjs::context::intrinsic::{
    Date, Eval, Json, MapSet, Promise as Promises, Proxy, RegExp, RegExpCompiler, TypedArrays,
};
use rquickjs::loader::{BuiltinLoader, BuiltinResolver};
use rquickjs::promise::PromiseState;
use rquickjs::{
    CatchResultExt, CaughtError, Context, Ctx, Error, Function, Module, Object, Promise, Runtime,
    Value,
};
use standin_kernel::evaluation::{Failure, FailureKind, Language};
use standin_kernel::{Evaluated, Evaluation};

use crate::natives::{Traces, modules, natives};
use crate::remembered::Looked;
use crate::syntax;

/// Memory of a function beyond what the interpreter itself needs.
const MEMORY_BYTES_MAX: usize = 2 * 1024 * 1024;
const STACK_BYTES_MAX: usize = 256 * 1024;
/// The interpreter counts: this many times ten thousand calls and turns of loops, about what a
/// millisecond of AWS's takes. Counted in steps, so that slow machines give the same answer.
const STRIDES_MAX: u32 = 10;

type Intrinsics = (Date, Eval, RegExpCompiler, RegExp, Json, Proxy, MapSet, TypedArrays, Promises);

/// What came of it, and what it looked at besides its event.
pub(crate) fn run(evaluation: &Evaluation) -> (Evaluated, Looked) {
    if let Some(failure) = syntax::refused(&evaluation.program) {
        let failed = Evaluated::failed(FailureKind::Syntax, "");
        return (Evaluated { result: Err(failure), ..failed }, Looked::default());
    }
    let traces = Rc::new(RefCell::new(Traces::default()));
    let strides = Rc::new(Cell::new(0));
    let result = interpret(evaluation, &traces, &strides);
    let Traces { console, origin_calls, looked, .. } = traces.take();
    let utilization_percent = (strides.get() * 100 / STRIDES_MAX).clamp(1, 100);
    (Evaluated { result, origin_calls, console, utilization_percent }, looked)
}

fn interpret(
    evaluation: &Evaluation,
    traces: &Rc<RefCell<Traces>>,
    strides: &Rc<Cell<u32>>,
) -> Result<serde_json::Value, Failure> {
    let broken = |error: Error| failure(FailureKind::Memory, error.to_string());
    let runtime = Runtime::new().map_err(broken)?;
    runtime.set_max_stack_size(STACK_BYTES_MAX);
    let mut resolver = BuiltinResolver::default();
    let mut loader = BuiltinLoader::default();
    if evaluation.program.language == Language::Js20 {
        for name in modules(Language::Js20) {
            resolver.add_module(*name);
            loader.add_module(*name, module_source(name));
        }
    }
    runtime.set_loader(resolver, loader);
    let context = Context::custom::<Intrinsics>(&runtime).map_err(broken)?;
    context.with(|ctx| prelude(&ctx, evaluation, traces).map_err(broken))?;
    let own = usize::try_from(runtime.memory_usage().malloc_size).unwrap_or(0);
    runtime.set_memory_limit(own + MEMORY_BYTES_MAX);
    let counted = Rc::clone(strides);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        counted.set(counted.get() + 1);
        counted.get() > STRIDES_MAX
    })));
    let result = context.with(|ctx| call(&ctx, evaluation, traces));
    if strides.get() > STRIDES_MAX {
        let message = "the function exceeded the maximum compute utilization";
        return Err(failure(FailureKind::Time, message));
    }
    result
}

/// A module that gives what `require` gives.
fn module_source(name: &str) -> String {
    let named = if name == "buffer" { "export const Buffer = all.Buffer;" } else { "" };
    format!("const all = require('{name}'); export default all; {named}")
}

fn prelude(
    ctx: &Ctx<'_>,
    evaluation: &Evaluation,
    traces: &Rc<RefCell<Traces>>,
) -> rquickjs::Result<()> {
    let begin: Function<'_> = ctx.eval(include_str!("../js/prelude.js"))?;
    begin.call((natives(ctx, evaluation, traces)?,))
}

/// Reads the code, calls `handler(event)` and waits for what it promises.
fn call(
    ctx: &Ctx<'_>,
    evaluation: &Evaluation,
    traces: &Rc<RefCell<Traces>>,
) -> Result<serde_json::Value, Failure> {
    let handler = handler(ctx, evaluation)?;
    let thrown = |caught: CaughtError<'_>| caught_failure(FailureKind::Thrown, &caught);
    let event = event(ctx, evaluation, traces).catch(ctx).map_err(thrown)?;
    let returned: Value<'_> = handler.call((event,)).catch(ctx).map_err(thrown)?;
    let value = settled(ctx, returned)?;
    let text = ctx.json_stringify(value).catch(ctx).map_err(thrown)?;
    let Some(text) = text else { return Ok(serde_json::Value::Null) };
    let text = text.to_string().catch(ctx).map_err(thrown)?;
    serde_json::from_str(&text).map_err(|wrong| failure(FailureKind::Thrown, wrong.to_string()))
}

/// The function `handler` at the top of the code.
fn handler<'js>(ctx: &Ctx<'js>, evaluation: &Evaluation) -> Result<Function<'js>, Failure> {
    const FIND: &str = "\n;globalThis.__handler = typeof handler === 'function' ? handler : null;";
    let program = &evaluation.program;
    let source = format!("{}{FIND}", program.code);
    match program.language {
        Language::Js10 => {
            let read: rquickjs::Result<()> = ctx.eval(source);
            read.catch(ctx).map_err(|caught| reading_failure(&caught))?;
        }
        Language::Js20 => {
            let module = Module::declare(ctx.clone(), program.name.as_str(), source);
            let module = module.catch(ctx).map_err(|caught| reading_failure(&caught))?;
            let (_, promise) =
                module.eval().catch(ctx).map_err(|caught| reading_failure(&caught))?;
            settled(ctx, promise.into_value())?;
        }
    }
    let globals = ctx.globals();
    let found: Option<Function<'js>> = globals.get("__handler").unwrap_or(None);
    let _ = globals.remove("__handler");
    found.ok_or_else(|| failure(FailureKind::Syntax, "there is no function named handler"))
}

fn event<'js>(
    ctx: &Ctx<'js>,
    evaluation: &Evaluation,
    traces: &Rc<RefCell<Traces>>,
) -> rquickjs::Result<Value<'js>> {
    let event = ctx.json_parse(serde_json::to_string(&*evaluation.event).unwrap_or_default())?;
    let part = |name: &str| event.as_object().and_then(|of| of.get::<_, Object<'js>>(name).ok());
    if evaluation.program.language == Language::Js20
        && let Some(request) = part("request")
    {
        // Functions are no part of JSON, so it does not come back with the request.
        let raw = evaluation.raw_query.clone().unwrap_or_default();
        request.set("rawQueryString", Function::new(ctx.clone(), move || raw.clone())?)?;
    }
    if let Some(context) = part("context")
        && let Some(id) = request_id(evaluation, &context)
    {
        let traces = Rc::clone(traces);
        let read = move || {
            traces.borrow_mut().looked.request_id = true;
            id.clone()
        };
        let watch: Function<'js> = ctx.eval(WATCHED)?;
        watch.call::<_, ()>((context, "requestId", Function::new(ctx.clone(), read)?))?;
    }
    Ok(event)
}

fn request_id(evaluation: &Evaluation, context: &Object<'_>) -> Option<String> {
    let beside = evaluation.request_id.as_deref().map(str::to_owned);
    beside.or_else(|| context.get("requestId").ok())
}

/// Makes a member tell when it is read; to the function it is a member like all others.
const WATCHED: &str = "(of, name, get) => Object.defineProperty(of, name, { get, \
    set(value) { Object.defineProperty(of, name, { value, writable: true }); }, \
    enumerable: true, configurable: true })";

/// What a value comes to: itself, or what it promises.
fn settled<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Value<'js>, Failure> {
    let Some(promise) = value.as_promise().cloned() else { return Ok(value) };
    while ctx.execute_pending_job() {}
    let promise: Promise<'js> = promise;
    if promise.state() == PromiseState::Pending {
        let message = "the function's promise is never settled";
        return Err(failure(FailureKind::Thrown, message));
    }
    match promise.result::<Value<'js>>() {
        Some(result) => {
            let thrown = |caught: CaughtError<'_>| caught_failure(FailureKind::Thrown, &caught);
            result.catch(ctx).map_err(thrown)
        }
        None => Ok(value),
    }
}

fn failure(kind: FailureKind, message: impl Into<String>) -> Failure {
    Failure { kind, message: message.into() }
}

/// What goes wrong while the code is read and its top level runs.
fn reading_failure(caught: &CaughtError<'_>) -> Failure {
    let failure = caught_failure(FailureKind::Thrown, caught);
    let unread = ["SyntaxError", "resolving module", "loading module"];
    let syntax = failure.kind == FailureKind::Thrown
        && unread.iter().any(|words| failure.message.contains(words));
    if syntax { Failure { kind: FailureKind::Syntax, ..failure } } else { failure }
}

fn caught_failure(kind: FailureKind, caught: &CaughtError<'_>) -> Failure {
    let message = match caught {
        CaughtError::Error(error) => error.to_string(),
        CaughtError::Exception(exception) => {
            let name: Option<String> = exception.get("name").ok();
            let said = exception.message().unwrap_or_default();
            let name = name.unwrap_or_else(|| "Error".into());
            if said.is_empty() { name } else { format!("{name}: {said}") }
        }
        CaughtError::Value(value) => {
            value.get::<rquickjs::Coerced<String>>().map_or_else(|_| "thrown".into(), |text| text.0)
        }
    };
    let out_of_memory = message.contains("out of memory") || message == "null";
    failure(if out_of_memory { FailureKind::Memory } else { kind }, message)
}
