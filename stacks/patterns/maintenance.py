# What the template weighted-rule.yaml runs as its maintenance service.
import http.server, os
class Sorry(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        well = self.path == "/healthz"
        body = b"ok" if well else b"<!doctype html><html lang=en><title>Closed</title><p>It opens again soon."
        self.send_response(200 if well else 503)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if not well:
            self.send_header("Retry-After", "600")
            self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET
address = os.environ.get("BIND_ADDRESS", "0.0.0.0")
http.server.ThreadingHTTPServer((address, 8080), Sorry).serve_forever()
