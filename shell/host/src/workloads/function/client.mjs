// Standin's runtime client for Node.js: fetches events from the Runtime API, calls the handler.

import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const ROOT = '/2018-06-01/runtime/';

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : {
      'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body),
    };
    // A connection each: nothing is left to keep the process alive.
    const asked = request({ host, port, method, path: ROOT + path, headers, agent: false }, (answer) => {
      const pieces = [];
      answer.on('data', (piece) => pieces.push(piece));
      answer.on('error', reject);
      answer.on('end', () => {
        // The environment cannot be recovered.
        if (answer.statusCode >= 500) process.exit(1);
        resolve({ headers: answer.headers, text: Buffer.concat(pieces).toString() });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

class Failed extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

function errorOf(wrong) {
  if (wrong instanceof Error) {
    return {
      errorType: wrong.name,
      errorMessage: wrong.message,
      trace: String(wrong.stack ?? '').split('\n'),
    };
  }
  return { errorType: typeof wrong, errorMessage: String(wrong), trace: [] };
}

function show(what, error) {
  console.error(`${what}\t${JSON.stringify(error)}`);
}

async function load() {
  const named = process.env._HANDLER ?? '';
  const root = process.env.LAMBDA_TASK_ROOT;
  const found = /^(.*?)([^/.]+)\.([^/]+)$/.exec(named);
  if (!found) throw new Failed('Runtime.MalformedHandlerName', 'Bad handler');
  const [, folder, file, path] = found;
  const base = join(root, folder, file);
  const ending = ['.js', '.mjs', '.cjs'].find((one) => existsSync(base + one));
  if (!ending) {
    throw new Failed(
      'Runtime.ImportModuleError',
      `Error: Cannot find module '${file}'\nRequire stack:\n- ${root}`,
    );
  }
  let loaded;
  try {
    loaded = ending === '.cjs'
      ? createRequire(import.meta.url)(base + ending)
      : await import(pathToFileURL(base + ending).href);
  } catch (wrong) {
    if (wrong instanceof SyntaxError) {
      throw new Failed('Runtime.UserCodeSyntaxError', `SyntaxError: ${wrong.message}`);
    }
    throw wrong;
  }
  const places = [loaded, loaded.default ?? {}];
  for (const place of places) {
    const handler = path.split('.').reduce((value, name) => value?.[name], place);
    if (typeof handler === 'function') return handler;
  }
  throw new Failed('Runtime.HandlerNotFound', `${named} is undefined or not exported`);
}

function contextOf(headers, settle) {
  const env = process.env;
  const client = headers['lambda-runtime-client-context'];
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: (error, result) => settle(error, result),
    fail: (error) => settle(error ?? new Error('handled')),
    succeed: (result) => settle(null, result),
  };
}

function run(handler, event, headers) {
  return new Promise((resolve, reject) => {
    const settle = (error, result) => (error ? reject(error) : resolve(result));
    const returned = handler(event, contextOf(headers, settle), settle);
    if (typeof returned?.then === 'function') {
      returned.then(resolve, reject);
    } else if (handler.length < 3) {
      resolve(returned);
    }
  });
}

async function failAtStart(wrong) {
  const error = errorOf(wrong);
  show(wrong instanceof Failed ? 'Uncaught Exception' : 'Init Error', error);
  await ask('POST', 'init/error', JSON.stringify(error));
  process.exit(1);
}

let current;

process.on('uncaughtException', (wrong) => {
  show('Uncaught Exception', errorOf(wrong));
  process.exit(129);
});

let handler;
try {
  handler = await load();
} catch (wrong) {
  await failAtStart(wrong);
}
for (;;) {
  const { headers, text } = await ask('GET', 'invocation/next');
  current = headers['lambda-runtime-aws-request-id'];
  process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
  try {
    const result = await run(handler, JSON.parse(text || 'null'), headers);
    const body = JSON.stringify(result ?? null) ?? 'null';
    await ask('POST', `invocation/${current}/response`, body);
  } catch (wrong) {
    const error = errorOf(wrong);
    show('Invoke Error', error);
    await ask('POST', `invocation/${current}/error`, JSON.stringify(error));
  }
}
