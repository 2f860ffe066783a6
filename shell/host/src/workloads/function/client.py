"""Standin's runtime client for Python: fetches events from the Runtime API, calls the handler."""

import http.client
import importlib
import json
import os
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
ROOT = "/2018-06-01/runtime/"


class Context:
    """What a handler is told about its invocation."""

    def __init__(self, headers):
        environ = os.environ
        self.aws_request_id = headers.get("Lambda-Runtime-Aws-Request-Id")
        self.invoked_function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn")
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.identity = None
        self.client_context = None
        client = headers.get("Lambda-Runtime-Client-Context")
        if client:
            self.client_context = json.loads(client)
        self._deadline_ms = int(headers.get("Lambda-Runtime-Deadline-Ms", "0"))

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))


class Api:
    """One connection to the Runtime API, kept."""

    def __init__(self):
        self.connection = http.client.HTTPConnection(API)

    def ask(self, method, path, body=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self.connection.request(method, ROOT + path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 500:
            # The environment cannot be recovered.
            sys.exit(1)
        return answer, content


def error_of(wrong):
    frames = traceback.extract_tb(wrong.__traceback__)
    own = os.path.abspath(__file__)
    lines = traceback.format_list([one for one in frames if one.filename != own])
    return {
        "errorMessage": str(wrong),
        "errorType": type(wrong).__name__,
        "stackTrace": lines,
    }


def show(error, request_id=None):
    text = "[ERROR] %s: %s" % (error["errorType"], error["errorMessage"])
    if error.get("stackTrace"):
        text += "\nTraceback (most recent call last):\n" + "".join(error["stackTrace"])
    print(text, flush=True)


def load():
    name = os.environ.get("_HANDLER", "")
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise Failed("Runtime.MalformedHandlerName", "Bad handler '%s': not enough values to "
                     "unpack (expected 2, got 1)" % name)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as wrong:
        raise Failed("Runtime.ImportModuleError",
                     "Unable to import module '%s': %s" % (module_name, wrong))
    except SyntaxError as wrong:
        raise Failed("Runtime.UserCodeSyntaxError",
                     "Syntax error in module '%s': %s" % (module_name, wrong))
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Failed("Runtime.HandlerNotFound",
                     "Handler '%s' missing on module '%s'" % (function_name, module_name))


class Failed(Exception):
    """A start that fails for a reason Lambda has a name for."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def plain(value):
    """What JSON does not know, as Lambda's own client writes it."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ == "Decimal":
        return float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


def encode(result):
    try:
        return json.dumps(result, ensure_ascii=False, default=plain).encode("utf-8")
    except Exception as wrong:
        raise Failed("Runtime.MarshalError", "Unable to marshal response: %s" % wrong)


def main():
    api = Api()
    try:
        handler = load()
    except Failed as wrong:
        error = {"errorMessage": str(wrong), "errorType": wrong.kind, "requestId": "",
                 "stackTrace": []}
        show(error)
        api.ask("POST", "init/error", json.dumps(error).encode())
        sys.exit(1)
    except BaseException as wrong:
        error = error_of(wrong)
        show(error)
        api.ask("POST", "init/error", json.dumps(error).encode())
        sys.exit(1)
    while True:
        answer, content = api.ask("GET", "invocation/next")
        request_id = answer.headers.get("Lambda-Runtime-Aws-Request-Id")
        os.environ["_X_AMZN_TRACE_ID"] = answer.headers.get("Lambda-Runtime-Trace-Id", "")
        try:
            result = encode(handler(json.loads(content or b"null"), Context(answer.headers)))
            path = "invocation/%s/response" % request_id
        except Failed as wrong:
            error = {"errorMessage": str(wrong), "errorType": wrong.kind, "stackTrace": []}
            show(error)
            result, path = json.dumps(error).encode(), "invocation/%s/error" % request_id
        except Exception as wrong:
            error = error_of(wrong)
            error["requestId"] = request_id
            show(error)
            result, path = json.dumps(error).encode(), "invocation/%s/error" % request_id
        sys.stdout.flush()
        sys.stderr.flush()
        api.ask("POST", path, result)


main()
