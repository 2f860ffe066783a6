"""An intake on a free port: keeps what is posted, and answers as it is told to."""

import gzip
import json
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Intake:
    def __init__(self):
        self.posts = []
        self.status = 202
        self.hold = threading.Event()
        self.hold.set()
        intake = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                intake.hold.wait()
                if self.command == "POST":
                    headers = named(self.headers)
                    intake.posts.append((self.path, headers, unpack(headers, body)))
                answer = b"{}"
                self.send_response(intake.status if self.command == "POST" else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = answer

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, path):
        return [(headers, body) for posted, headers, body in self.posts if posted == path]

    def series(self):
        """name -> [(type, value, tags)], from the protobuf of /api/v2/series."""
        found = {}
        for _, body in self.of("/api/v2/series"):
            for one in fields(body).get(1, []):
                parts = fields(one)
                kind = parts.get(5, [0])[0]
                tags = [tag.decode() for tag in parts.get(3, [])]
                for point in parts.get(4, []):
                    value = struct.unpack("<d", fields(point).get(1, [bytes(8)])[0])[0]
                    found.setdefault(parts[2][0].decode(), []).append((kind, value, tags))
        return found

    def json(self, path):
        return [json.loads(body) for _, body in self.of(path)]

    def spans(self):
        """[(service, name, resource)] of all traces."""
        found = []
        for _, body in self.of("/api/v0.2/traces"):
            for tracer in fields(body).get(5, []):
                for chunk in fields(tracer).get(6, []):
                    for span in fields(chunk).get(3, []):
                        parts = fields(span)
                        found.append(tuple(parts[at][0].decode() for at in (1, 2, 3)))
        return found


def named(headers):
    return {name.lower(): value for name, value in headers.items()}


def unpack(headers, body):
    encoding = headers.get("content-encoding")
    if encoding == "deflate":
        return zlib.decompress(body)
    if encoding == "gzip":
        return gzip.decompress(body)
    assert encoding is None, encoding
    return body


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """Field number -> values of a protobuf message."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire)
            if size is None:
                assert wire == 2, wire
                size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        found.setdefault(number, []).append(value)
    return found
